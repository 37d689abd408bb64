// The places of this user's agent: its socket and its data.
import { homedir } from "node:os";
import { dataFolder, socketPath, UnusablePath } from "../../typescript/generated-socket-path.ts";
import { UsageError } from "../terminal/exit-code.ts";

const where = () => ({ env: process.env, platform: process.platform, home: homedir(), uid: process.getuid?.() });

/** A variable with an unusable path is a mistake in the call of the command. */
function usable(path: (of: ReturnType<typeof where>) => string): string {
  try {
    return path(where());
  } catch (error) {
    if (!(error instanceof UnusablePath)) throw error;
    throw new UsageError(error.message, "set the variable to another path, or unset it for the place of this system");
  }
}

/** The socket of this user's agent. Throws UsageError. */
export const socketOf = (): string => usable(socketPath);

/** The data folder of this user's agent. Throws UsageError. */
export const homeOf = (): string => usable(dataFolder);
