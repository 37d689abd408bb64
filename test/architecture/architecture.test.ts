// Checks the shape of the tree against data. The data says which folder may import which, with the reason. The tests also demand: no import cycles,
// not even of types; no file that nothing imports; a README in each folder; no long functions; no names that say nothing. A rule that names a missing
// path fails.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { init, parse } from "es-module-lexer";
import { beforeAll, describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** Folder → folders it may import from, with the reason. The longest matching prefix decides. */
const arrows: Record<string, { may: string[]; because: string }> = {
  protocol: { may: [], because: "two programs agree on it byte for byte, so it depends on neither" },
  service: { may: ["protocol"], because: "the service cannot read what it stores; it needs no client and no agent" },
  "service/web": { may: ["protocol"], because: "it runs in a browser; it is handed over as built files" },
  "clients/account": { may: ["protocol"], because: "it is the only reader of sealed data outside tests" },
  "clients/typescript": { may: [], because: "it is published alone and has no dependencies" },
  "clients/examples": { may: [], because: "each is copied alone, and knows the published client only" },
  "clients/sdk-core": {
    may: ["clients/typescript"],
    because: "it takes the connection, and the helpers that need no agent, from the client",
  },
  "clients/release": {
    may: ["clients/generate", "clients/sdk-core"],
    because: "it looks at what the other programs have built and written",
  },
  "clients/generate": {
    may: ["protocol"],
    because: "generated files come from the catalogue, and from files that import nothing of ours",
  },
  "clients/bridge": { may: [], because: "it is C, and moves bytes; its build knows compilers only" },
  "clients/cli": {
    may: ["clients/editors/server", "clients/typescript"],
    because: "the CLI can do what any program can, and no more; it runs the same checks as an editor",
  },
  "clients/editors/server": {
    may: ["clients/typescript"],
    because: "it can do what any program can, and the command that starts it gives it the connection",
  },
  "clients/native": {
    may: ["clients/bridge", "clients/typescript"],
    because:
      "it is C; its build asks for compilers as the bridge's does, and takes the protocol's number from the client",
  },
  "clients/desktop": {
    may: ["clients/typescript", "protocol"],
    because: "it runs in a browser and speaks our ordinary protocol; it is handed over as built files",
  },
  daemon: {
    may: ["clients/account", "protocol"],
    because: "the agent reaches the service through the account client only",
  },
  test: { may: ["protocol", "service", "daemon", "clients"], because: "tests cross folders" },
};

/**
 * The rooms of the agent, from the lowest up. A room may import only from the rooms that it names. So a reader needs no room above it. The files at
 * the root of `daemon/` connect all rooms, and may import every one.
 */
const rooms: Record<string, { may: string[]; because: string }> = {
  host: { may: [], because: "it is what the machine gives, and knows of no peer and no account" },
  peer: { may: ["host"], because: "who connects is a question to the kernel alone" },
  audit: { may: ["host"], because: "the log records what it is told, and asks nobody" },
  account: { may: ["host"], because: "reading and keeping need no person and no connection" },
  session: {
    may: ["account", "audit", "host", "peer"],
    because: "an account is opened and locked the same for every asker; its store also keeps how a program was started",
  },
  call: {
    may: ["account", "audit", "peer", "session"],
    because: "it says what a request is, and does nothing with one",
  },
  policy: {
    may: ["account", "host", "peer", "session"],
    because: "it compares rules with a process and a request, asks nobody, and looks nothing up",
  },
  approval: {
    may: ["account", "audit", "call", "host", "peer", "policy", "session"],
    because: "it decides whether a call may go on, and sends nothing itself",
  },
  authenticators: {
    may: ["host", "session"],
    because: "it checks what an authenticator signed, and decides about no prompt and no account",
  },
  pinentry: {
    may: ["approval", "audit", "call", "host", "peer", "session"],
    because: "it shows an open prompt to a person and hands the proof over, and decides about none",
  },
  polkit: {
    may: ["approval", "host", "peer", "pinentry", "session"],
    because:
      "it hands an open prompt to the system's own dialogue, cut as every dialogue's text is, and decides about none",
  },
  transfer: {
    may: ["account", "call", "host", "session"],
    because: "a handle passes bytes for which the gate was asked before",
  },
  wire: {
    may: ["account", "approval", "call", "host", "peer", "session"],
    because: "it carries requests and answers, and knows no method",
  },
  sdk: {
    may: ["call", "host", "wire"],
    because:
      "it translates envelopes to requests of the same dispatch, reads a long one in a thread, and decides about nothing",
  },
  logind: {
    may: ["approval", "host"],
    because: "it hears what the system says, and locks by a function that it is handed",
  },
  window: {
    may: ["approval", "host", "peer", "wire"],
    because: "it serves the app's page to a browser and carries its lines, and knows no method",
  },
  methods: {
    may: [
      ...["account", "approval", "audit", "authenticators", "call", "host", "peer", "policy", "session", "transfer"],
      "wire",
    ],
    because: "a handler is plain: ask, read, record, answer",
  },
};

/**
 * The parts of the agent that may use the account client. Every other room works with an `Account` of any kind, so a second kind needs no change
 * there. The files at the root of `daemon/` connect the agent's parts, and pass addresses of services on.
 */
const accountClient = {
  folder: "clients/account",
  may: ["session", ""],
  because: "envelopes, root keys and file headers are the own matter of our kind of account",
};

/** The cryptography that those rooms may use: ids and bytes, the machine's primitives, normal titles, and a Secret Key's text. */
const everyonesCrypto = ["encoding", "primitives", "lookup-tag", "secret-key"].map(
  (name) => `protocol/crypto/${name}.ts`,
);

/** Names that belong only to our own kind of account. A room that reads one would depend on keys, whatever it imports. */
const ownKindOnly = /\b(?:signedIn|sealedRootKey|FileHeader|OpenAccount|rootKey|itemKey|ownKind)\b/;

/** Single imports that break an arrow on purpose. */
const exceptions: { from: string; to: string; because: string }[] = [
  {
    from: "service/web/build.ts",
    to: "service/share/page.ts",
    because: "it builds what the service hands over: a type",
  },
  { from: "clients/cli/build.ts", to: "service/web/build.ts", because: "the shipped package carries the page built" },
  {
    from: "clients/cli/build.ts",
    to: "clients/desktop/build.ts",
    because: "the shipped package carries the app built",
  },
  { from: "clients/desktop/build.ts", to: "service/web/build.ts", because: "both pages are built alike" },
  {
    from: "clients/desktop/log-page.tsx",
    to: "clients/cli/audit-words.ts",
    because: "the app and the command call a record of the log by the same words",
  },
  {
    from: "clients/desktop/items/form/draft.ts",
    to: "clients/cli/items/new-id.ts",
    because: "a field that the app makes gets the id that the command would give it",
  },
  {
    from: "daemon/window/page-files.ts",
    to: "clients/desktop/build.ts",
    because: "from the sources the app is built when it is opened first",
  },
  {
    from: "daemon/full-agent.ts",
    to: "service/app.ts",
    because: "the embedded service is handed over as a fetch function",
  },
  {
    from: "daemon/full-agent.ts",
    to: "service/store/open.ts",
    because: "the embedded service's store is opened where the agent's data lies",
  },
];

/** Files that nothing imports because a person or a program runs them. */
const entryPoints: Record<string, string> = {
  "clients/generate/main.ts": "npm run generate",
  "clients/editors/server/make-secret-table.ts": "npm run secret-table",
  "clients/typescript/entry.ts": "the published package's entry",
  "test/client/programs/asks.ts": "run by test/client/prompt-notice.test.ts",
  "test/client/programs/late.ts": "run by test/client/deadline.test.ts",
  "clients/typescript/generated-enums.d.ts": "the types of generated-enums.js",
  "clients/cli/main.ts": "the command",
  "clients/cli/build.ts": "npm run build",
  "clients/bridge/build.ts": "npm run build",
  "clients/native/build.ts": "npm run build",
  "clients/release/client-package.ts": "npm run build",
  "clients/release/go-package.ts": "npm run build:go",
  "clients/release/sdk-core-package.ts": "npm run build",
  "clients/sdk-core/core.ts": "the entry of the package that takes the official core's place",
  "clients/sdk-core/index.d.ts": "the types of that package",
  "clients/release/main.ts": "npm run release",
  "clients/examples/script.ts": "an example",
  "clients/examples/server.ts": "an example",
  "clients/examples/ci-job.ts": "an example",
  "clients/examples/environment.ts": "an example",
  "clients/cli/run/relay.ts": "the process between a program's output and where it goes",
  "test/bench/main.ts": "npm run bench",
  "test/attack/main.ts": "npm run test:attack",
  "test/bench/load.ts": "a process of the bench",
  "test/bench/echo.ts": "a process of the bench",
  "test/service/fixtures/make-schema-1.ts": "made a committed fixture",
  "test/fixtures/home-0.1/make.ts": "made a committed fixture",
  "test/protocol/make-protocol-2.ts": "made a committed list",
  "test/service/dying.ts": "a process of torn-write.test.ts",
  "test/polkit/ask-about.ts": "run by a test as another user",
  "test/daemon/polkit/why-no-action.ts": "run by a test as another user",
  "test/daemon/logind/no-descriptor.ts": "run by a test with few file descriptors",
  "test/cli/begin-named.ts": "started by a test, which ends it with signals",
  "clients/cli/demo/script.ts": "a program of the demonstration",
  "daemon/main.ts": "the agent's process",
  "daemon/sdk/parse-worker.ts": "a thread of the agent",
  "daemon/policy/hash-worker.ts": "a thread of the agent",
  "daemon/session/pin-worker.ts": "a thread of the agent",
  "daemon/start.ts": "starts the shipped bundle of the agent",
  "service/main.ts": "the service's process",
  "test/run.ts": "npm test",
  "test/toolchains/setup.ts": "run by vitest before the lane interop",
  "test/built.ts": "run by vitest before a lane",
  "test/web/screenshots.ts": "npm run screenshots",
  "test/desktop/screenshots.ts": "npm run screenshots",
  "service/web/main.tsx": "named by the page's document, where vite finds it",
  "clients/desktop/main.tsx": "named by the page's document, where vite finds it",
  "vitest.config.ts": "read by vitest",
};

/** Files that only tests use so far, with their future user. */
const waiting: Record<string, string> = {};

/** Lines of a function, including everything in it. A reader must keep them in mind together. */
const FUNCTION_LINES_MAX = 70;

/**
 * Factories are exempt from this limit. Some factories make an object of functions with shared state, which other languages write as a class. Others
 * list handlers or commands, which makes a table. They may be as long as a file that one reads in one sitting. The functions inside them have the
 * usual limit.
 */
const FACTORY_LINES_MAX = 200;
const factory = /^(?:create|open|serve)[A-Z]|(?:Methods|Commands)$/;

const bannedNames = /(Manager|Helper|Util|Utils|Impl|Base|Abstract)$/;

type Module = { path: string; text: string; imports: string[] };
let modules: Module[] = [];

beforeAll(async () => {
  await init;
  modules = sources(root).map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    return { path, text, imports: relativeImports(path, text) };
  });
});

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === "node_modules" || entry.name === "dist" || entry.name.startsWith(".git")) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) ? [relative(root, path)] : [];
  });
}

function relativeImports(path: string, text: string): string[] {
  const [imports] = parse(path.endsWith(".tsx") ? importsOnly(text) : text);
  return imports
    .map((found) => ("specifier" in found ? (found.specifier ?? "") : ""))
    .filter((name) => name.startsWith("."))
    .map((name) => relative(root, resolve(root, dirname(path), name)));
}

/** The lexer cannot read JSX. The formatter puts imports first and ends each with a semicolon. */
function importsOnly(text: string): string {
  return (text.match(/^import [^;]*;$/gm) ?? []).join("\n");
}

function roomOf(path: string): string | undefined {
  return Object.keys(arrows)
    .filter((prefix) => path.startsWith(`${prefix}/`))
    .sort((a, b) => b.length - a.length)[0];
}

/** The room of a file of the agent: "" at the root, undefined for a file outside of the agent. */
function agentRoomOf(path: string): string | undefined {
  return /^daemon\/(?:([a-z]+)\/)?[^/]+$/.exec(path)?.slice(1)[0] ?? (path.startsWith("daemon/") ? "" : undefined);
}

describe("imports", () => {
  test("point only along the arrows", () => {
    const wrong = modules.flatMap(({ path, imports }) => {
      const room = roomOf(path);
      if (room === undefined) return [];
      const allowed = [room, ...(arrows[room]?.may ?? [])];
      return imports
        .filter((to) => !allowed.some((prefix) => to.startsWith(`${prefix}/`)))
        .filter((to) => !exceptions.some((exception) => exception.from === path && exception.to === to))
        .map((to) => `${path} imports ${to}, but ${arrows[room]?.because}`);
    });
    expect(wrong).toEqual([]);
  });

  test("point only down between the rooms of the agent", () => {
    const wrong = modules.flatMap(({ path, imports }) => {
      const room = agentRoomOf(path);
      if (room === undefined || room === "") return [];
      const allowed = [room, ...(rooms[room]?.may ?? [])];
      return imports
        .filter((to) => to.startsWith("daemon/") && !allowed.includes(agentRoomOf(to) ?? ""))
        .map((to) => `${path} imports ${to}, but ${rooms[room]?.because}`);
    });
    expect(wrong).toEqual([]);
  });

  test("leave the account client and sealing to the one room that makes accounts of them", () => {
    const wrong = modules.flatMap(({ path, imports }) => {
      const room = agentRoomOf(path);
      if (room === undefined || accountClient.may.includes(room)) return [];
      return imports
        .filter(
          (to) =>
            to.startsWith(`${accountClient.folder}/`) ||
            (to.startsWith("protocol/crypto/") && !everyonesCrypto.includes(to)),
        )
        .map((to) => `${path} imports ${to}, but ${accountClient.because}`);
    });
    expect(wrong).toEqual([]);
  });

  test("leave the features of only our own kind of account to that room", () => {
    const wrong = modules.flatMap(({ path, text }) => {
      const room = agentRoomOf(path);
      if (room === undefined || accountClient.may.includes(room)) return [];
      const found = ownKindOnly.exec(text.replaceAll(/^\s*(?:\/\/|\*|\/\*\*).*$/gm, ""));
      return found === null ? [] : [`${path} reads ${found[0]}, but ${accountClient.because}`];
    });
    expect(wrong).toEqual([]);
  });

  test("use every arrow between rooms that is allowed", () => {
    const used = new Set(
      modules.flatMap(({ path, imports }) => imports.map((to) => `${agentRoomOf(path)} → ${agentRoomOf(to)}`)),
    );
    const unused = Object.entries(rooms).flatMap(([room, { may }]) => may.map((to) => `${room} → ${to}`));
    expect(unused.filter((arrow) => !used.has(arrow))).toEqual([]);
  });

  test("name files that exist", () => {
    const missing = modules.flatMap(({ path, imports }) =>
      imports.filter((to) => !existsSync(join(root, to))).map((to) => `${path} → ${to}`),
    );
    expect(missing).toEqual([]);
  });

  test("make no cycle, of types neither", () => {
    expect(cycles()).toEqual([]);
  });

  test("reach every file but the entry points", () => {
    const imported = new Set(modules.flatMap(({ imports }) => imports));
    const lonely = modules
      .map(({ path }) => path)
      .filter((path) => !imported.has(path) && entryPoints[path] === undefined && !path.endsWith(".test.ts"));
    expect(lonely).toEqual([]);
  });
});

function cycles(): string[] {
  const graph = new Map(modules.map(({ path, imports }) => [path, imports]));
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (path: string, trail: string[]) => {
    if (trail.includes(path)) return void found.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
    if (done.has(path)) return;
    for (const next of graph.get(path) ?? []) walk(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) walk(path, []);
  return found;
}

describe("the product", () => {
  test("has no file that only tests use, except those that wait for their user", () => {
    const users = new Map<string, string[]>();
    for (const { path, imports } of modules) for (const to of imports) users.set(to, [...(users.get(to) ?? []), path]);
    const unused = modules
      .map(({ path }) => path)
      .filter((path) => !path.startsWith("test/") && entryPoints[path] === undefined)
      .filter((path) => (users.get(path) ?? []).every((user) => user.startsWith("test/")));
    expect(unused.sort()).toEqual(Object.keys(waiting).sort());
  });
});

describe("the rules themselves", () => {
  test("name only paths that exist", () => {
    const paths = [
      ...Object.keys(arrows),
      ...Object.values(arrows).flatMap(({ may }) => may),
      ...exceptions.flatMap(({ from, to }) => [from, to]),
      ...Object.keys(entryPoints),
      accountClient.folder,
      ...everyonesCrypto,
    ];
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test("name every room of the agent", () => {
    const folders = readdirSync(join(root, "daemon"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(Object.keys(rooms).sort()).toEqual(folders.map(({ name }) => name).sort());
  });
});

describe("the tree", () => {
  test("has a README in every folder of the product", () => {
    const folders = [
      "protocol",
      "protocol/crypto",
      "service",
      "service/web",
      "daemon",
      ...Object.keys(rooms).map((room) => `daemon/${room}`),
      "clients",
      "clients/typescript",
      "clients/go",
      "clients/account",
      "clients/bridge",
      "clients/cli",
      "clients/cli/run",
      "clients/desktop",
      "clients/editors/server",
      "clients/examples",
      "clients/native",
      "clients/release",
      "clients/sdk-core",
      "test",
    ];
    expect(folders.filter((folder) => !existsSync(join(root, folder, "README.md")))).toEqual([]);
  });

  test("has no function that is too long", () => {
    expect(
      modules.filter(({ path }) => !path.startsWith("test/") && !path.includes("generated")).flatMap(longFunctions),
    ).toEqual([]);
  });

  test("says nothing twice", () => {
    const seen = new Map<string, string>();
    const twice = new Set<string>();
    for (const { path, text } of modules) {
      // A generated file is a copy on purpose. An example of the catalogue shows the same item in several calls.
      if (path.startsWith("test/") || path.includes("generated") || path.startsWith("protocol/catalogue/")) continue;
      for (const [at, lines] of runsOf(text)) {
        const before = seen.get(lines);
        if (before === undefined) seen.set(lines, `${path}:${at}`);
        else twice.add(`${path} and ${before.replace(/:.*/, "")}`);
      }
    }
    expect([...twice]).toEqual([]);
  });

  test("has no name that says nothing", () => {
    const names = modules.flatMap(({ path, text }) =>
      [...text.matchAll(/\b(?:class|interface|type|function|const)\s+([A-Za-z_$][\w$]*)/g)]
        .map((found) => `${path}: ${found[1]}`)
        .filter((name) => bannedNames.test(name)),
    );
    expect(names).toEqual([]);
  });
});

/** Most lines that may stand in two places, such as a list of names or the same few steps. */
const SAME_LINES_MAX = 9;

/** Each run of one line more than that, with the number of its first line. Imports, blanks and comments do not count. */
function runsOf(text: string): [at: number, lines: string][] {
  const body = text.replace(/^import [^;]*;$/gm, (found) => found.replace(/[^\n]/g, ""));
  const lines = body
    .split("\n")
    .map((line, index) => ({ at: index + 1, line: line.trim() }))
    .filter(({ line }) => /\w/.test(line) && !/^(?:\/\/|\/?\*)/.test(line));
  return lines.slice(SAME_LINES_MAX).map((_last, index) => {
    const run = lines.slice(index, index + SAME_LINES_MAX + 1);
    return [run[0]?.at ?? 0, run.map(({ line }) => line).join("\n")];
  });
}

/**
 * Functions that are too long. Relies on the formatter's indentation: a function reaches from the first line of its signature to the closing line at
 * the same indentation.
 */
function longFunctions({ path, text }: Module): string[] {
  const lines = text.split("\n");
  const open: { indent: number; line: number; name: string }[] = [];
  const found: string[] = [];
  lines.forEach((line, index) => {
    const indent = indentOf(line);
    const start = signatureStart(lines, index);
    if (start !== undefined) {
      open.push({ indent, line: start, name: nameAt(lines[start] ?? "") });
      return;
    }
    const last = open.at(-1);
    if (last === undefined || indent !== last.indent || !line.trim().startsWith("}")) return;
    open.pop();
    const size = index - last.line + 1;
    const most = factory.test(last.name) ? FACTORY_LINES_MAX : FUNCTION_LINES_MAX;
    if (size > most) found.push(`${path}:${last.line + 1} ${last.name} has ${size} lines, of ${most}`);
  });
  return found;
}

const indentOf = (line: string) => line.length - line.trimStart().length;

/** The line where a function begins whose body opens at this line, or undefined. */
function signatureStart(lines: readonly string[], index: number): number | undefined {
  const line = lines[index] ?? "";
  if (!line.endsWith("{") || /^\s*(?:\} )?(?:if|else|for|while|switch|catch|try|do|finally)\b/.test(line))
    return undefined;
  if (/^\s*(?:export )?(?:default )?(?:async )?function\b.*\) ?.*\{$/.test(line)) return index;
  if (/^\s*(?:async |get )?[\w$]+\(.*\)(?:: .+)? \{$/.test(line) || /=> \{$/.test(line)) return index;
  // For a signature of several lines, the first line has the same indentation as the closing one.
  if (!/^\s*[)}\]]+.*\{$/.test(line)) return undefined;
  const indent = indentOf(line);
  let start = index - 1;
  while (start > 0 && (lines[start] === "" || indentOf(lines[start] ?? "") > indent)) start--;
  return /\bfunction\b|^\s*(?:async )?[\w$]+\($/.test(lines[start] ?? "") ? start : undefined;
}

function nameAt(line: string): string {
  return /\bfunction\*? ?(\w+)/.exec(line)?.[1] ?? line.trim();
}

describe("the wire's dependencies", () => {
  test("node-ipc is the exact version whose hash was read and recorded", () => {
    const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
      packages: Record<string, { version: string; integrity: string }>;
    };
    expect(lock.packages["node_modules/node-ipc"]).toMatchObject({ version: "14.0.0", integrity: NODE_IPC_INTEGRITY });
  });

  test("every dependency is pinned exactly", () => {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<
      string,
      Record<string, string>
    >;
    const loose = ["dependencies", "devDependencies", "optionalDependencies"].flatMap((kind) =>
      Object.entries(manifest[kind] ?? {}).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version)),
    );
    expect(loose).toEqual([]);
  });

  test("no install script runs: npm is told so in the repository itself", () => {
    expect(readFileSync(join(root, ".npmrc"), "utf8")).toContain("ignore-scripts=true");
  });
});

/** The package was published compromised twice (2022, 2026). This is the hash of the version that a person read before we took it. */
const NODE_IPC_INTEGRITY =
  "sha512-d5+aogND4Gk6aQkW5KCibliM4Mn12+isHXt8wFghO4Bn0gBSnev3TXJWQ4eEnzrlh5gCG+nwQEZwyayeDtQxQA==";
