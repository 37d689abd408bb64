// The start of the shipped agent. The build has put V8's code for the bundle beside it, so nothing is compiled again. That code lies with the
// program on purpose: a process that can write it can write the program too. A cache in a folder of the user would let any process of the
// user put code into the agent.
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// Portable, since the package is built in one folder and installed in another. Code of another Node is not taken.
enableCompileCache({ directory: fileURLToPath(new URL("./code-cache", import.meta.url)), portable: true });
// Not awaited, since the bundle is CommonJS. Once loaded, main.ts reports its own failures.
import("./main.ts").catch((error: unknown) => {
  const code = (error as NodeJS.ErrnoException).code ?? (error as Error).name;
  process.stderr.write(`postern agent: the program could not be loaded (${code})\n  next: reinstall Postern\n`);
  process.exit(1);
});
