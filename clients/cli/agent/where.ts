// Where this user's agent listens and keeps its data.
import { homedir } from "node:os";
import { dataFolder, socketPath, UnusablePath } from "../../typescript/generated-socket-path.ts";
import { UsageError } from "../terminal/exit-code.ts";

const where = () => ({ env: process.env, platform: process.platform, home: homedir(), uid: process.getuid?.() });

/** A variable that names no place we can use is a mistake in how the command was called. */
function usable(path: (of: ReturnType<typeof where>) => string): string {
  try {
    return path(where());
  } catch (error) {
    if (!(error instanceof UnusablePath)) throw error;
    throw new UsageError(error.message, "set the variable to another path, or unset it for the place of this system");
  }
}

/** Where this user's agent listens. Throws UsageError. */
export const socketOf = (): string => usable(socketPath);

/** Where this user's agent keeps its data. Throws UsageError. */
export const homeOf = (): string => usable(dataFolder);
