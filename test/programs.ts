// The programs that the tests start. A lane that starts programs has them built (built.ts); the fast lane and single scripts run the sources.
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the built package. */
export const BUILT_VARIABLE = "POSTERN_TEST_BUILT";

const built = process.env[BUILT_VARIABLE];
const inSources = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** `postern`. */
export const command = built === undefined ? inSources("clients/cli/main.ts") : join(built, "postern.js");

export const agentProgram = built === undefined ? inSources("daemon/main.ts") : join(built, "agent.js");
export const agentOptions = ["--disable-sigusr1", "--no-warnings"];

export const serviceProgram = built === undefined ? inSources("service/main.ts") : join(built, "service.js");
