// Where this user's agent listens and keeps its data.
import { homedir } from "node:os";
import { dataFolder, socketPath } from "../typescript/generated-socket-path.ts";

const where = () => ({ env: process.env, platform: process.platform, home: homedir(), uid: process.getuid?.() });

/** Where this user's agent listens. */
export const socketOf = (): string => socketPath(where());

/** Where this user's agent keeps its data. */
export const homeOf = (): string => dataFolder(where());
