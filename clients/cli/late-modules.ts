// Loads some modules in the shipped agent when they are first used, and not at its start. Each takes milliseconds and up to 1.6 MB of memory. Code
// imports them at its top, where a use of them may never come: node-ipc imports TLS and UDP for sockets that the agent does not have.
import { createRequire } from "node:module";
import type { Plugin } from "rolldown";

/** Node's own modules that come late, each with the functions and classes that are used of it. A use of another one fails the build. */
const builtins: Readonly<Record<string, readonly string[]>> = {
  // The agent's door to the page of the app, which opens when a person asks for it.
  "node:http": ["createServer"],
  // node-ipc's other kinds of sockets, and the authorities that a person has named.
  "node:tls": ["connect", "createServer", "getCACertificates", "setDefaultCACertificates"],
  "node:dgram": ["createSocket"],
  // Programs of the system that ask the person, and threads for the longest work.
  "node:child_process": ["spawn"],
  "node:worker_threads": ["Worker"],
  "node:readline": ["createInterface"],
  // One option, and the comparison of two items. A copy of its exports would load what Node itself brings late.
  "node:util": ["inspect", "isDeepStrictEqual", "parseArgs", "promisify"],
  "node:fs/promises": ["open", "readdir", "readFile", "rename", "stat", "unlink"],
  // The collection after a lock.
  "node:vm": ["runInNewContext"],
};

/** Packages that come late: the log's, at its first line, and the one with which that would write in a thread, which it never does. */
const packages = ["pino", "thread-stream"];

const VIRTUAL = "\0late:";

/** Only for bundles where every listed module is rare. */
export const lateModules: Plugin = {
  name: "late-modules",
  resolveId: (source) => (Object.hasOwn(builtins, source) || packages.includes(source) ? `${VIRTUAL}${source}` : null),
  load: (id) => {
    if (!id.startsWith(VIRTUAL)) return null;
    const name = id.slice(VIRTUAL.length);
    return packages.includes(name) ? packageStandIn(name) : builtinStandIn(name, builtins[name] ?? []);
  },
};

/** A module with the same functions and classes, which loads the real one at the first call. */
function builtinStandIn(module: string, names: readonly string[]): string {
  const exported = names.map(
    (name) => `export function ${name}(...words) {
  const real = process.getBuiltinModule("${module}").${name};
  return new.target ? Reflect.construct(real, words) : real(...words);
}`,
  );
  return `${exported.join("\n")}\nexport default { ${names.join(", ")} };\n`;
}

/** A CommonJS package whose code runs when something of it is used. */
function packageStandIn(name: string): string {
  const path = createRequire(import.meta.url).resolve(name);
  return `const real = () => require(${JSON.stringify(path)});
module.exports = new Proxy(function () {}, {
  get: (_target, key) => real()[key],
  apply: (_target, self, words) => Reflect.apply(real(), self, words),
  construct: (_target, words) => Reflect.construct(real(), words),
});
`;
}
