// A program that runs from the sources compiles some 200 files at each start. The tests start programs thousands of times, so they keep Node's
// compiled code. The folder lies in the checkout. Anyone who can write there can change the sources too.
import { fileURLToPath } from "node:url";

/** Part of the environment of each Postern program that a test starts. Node compares a file's content before it uses the cached code. */
export const compiledOnce: Readonly<Record<string, string>> = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL("../node_modules/.cache/compiled", import.meta.url)),
};
