// A program that runs from the sources compiles some 200 files at each start. The tests start it some thousand times, so they
// keep what Node compiled. The folder lies in the checkout: whoever can write there can change the sources too.
import { fileURLToPath } from "node:url";

/** Goes into the environment of each program of ours that a test starts. Node looks at the content of a file before it takes it. */
export const compiledOnce: Readonly<Record<string, string>> = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL("../node_modules/.cache/compiled", import.meta.url)),
};
