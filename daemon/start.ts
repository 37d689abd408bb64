// Where the shipped agent starts: V8's code for the bundle lies beside it, made by the build, and is read instead of compiling
// anew. It lies with the program and not in the user's data on purpose: whoever can write it can write the program too,
// while a cache in a folder of the user would let any process of theirs put code into the agent.
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// Portable, since the package is built in one folder and installed in another. Code of another Node is not taken.
enableCompileCache({ directory: fileURLToPath(new URL("./code-cache", import.meta.url)), portable: true });
// Not awaited, since the bundle is CommonJS. Once loaded it tells of its own failures.
import("./main.ts").catch((error: unknown) => {
  const code = (error as NodeJS.ErrnoException).code ?? (error as Error).name;
  process.stderr.write(`postern agent: the program could not be loaded (${code})\n  next: reinstall Postern\n`);
  process.exit(1);
});
