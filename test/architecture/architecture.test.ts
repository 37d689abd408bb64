// Holds the shape of the tree as data: who may import whom, with the reason; no cycles; nothing nobody imports; a
// README in each folder; no long functions; no names that say nothing. A rule that names a path which is gone fails.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { init, parse } from "es-module-lexer";
import { beforeAll, describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** Folder → folders it may import from, and why no others. The longest matching prefix decides. */
const arrows: Record<string, { may: string[]; because: string }> = {
  protocol: { may: [], because: "two programs agree on it byte for byte, so it depends on neither" },
  service: { may: ["protocol"], because: "the service cannot read what it stores; it needs no client and no agent" },
  "service/web": { may: ["protocol"], because: "it runs in a browser; it is handed over as built files" },
  "clients/account": { may: ["protocol"], because: "it is the only reader of sealed data outside tests" },
  "clients/typescript": { may: [], because: "it is published alone and has no dependencies" },
  "clients/generate": { may: ["protocol"], because: "generated files come from the catalogue alone" },
  "clients/cli": { may: ["clients/typescript"], because: "the CLI can do what any program can, and no more" },
  daemon: {
    may: ["clients/account", "protocol"],
    because: "the agent reaches the service through the account client only",
  },
  test: { may: ["protocol", "service", "daemon", "clients"], because: "tests cross folders" },
};

/** Single imports that break an arrow on purpose. */
const exceptions: { from: string; to: string; because: string }[] = [
  { from: "service/web/build.ts", to: "service/page.ts", because: "it builds what the service hands over: a type" },
  { from: "clients/cli/build.ts", to: "service/web/build.ts", because: "the shipped package carries the page built" },
  {
    from: "daemon/full-agent.ts",
    to: "service/app.ts",
    because: "the embedded service is handed over as a fetch function",
  },
  {
    from: "daemon/full-agent.ts",
    to: "service/store/sqlite.ts",
    because: "the embedded service's store is opened where the agent's data lies",
  },
];

/** Files that nothing imports because a person or a program runs them. */
const entryPoints: Record<string, string> = {
  "clients/generate/main.ts": "npm run generate",
  "clients/typescript/client.ts": "the published package's entry",
  "clients/cli/main.ts": "the command",
  "clients/cli/build.ts": "npm run build",
  "clients/cli/run/relay.ts": "the process between a program's output and where it goes",
  "test/bench/main.ts": "npm run bench",
  "test/bench/load.ts": "a process of the bench",
  "test/bench/echo.ts": "a process of the bench",
  "test/service/fixtures/make-schema-1.ts": "made a committed fixture",
  "test/service/dying.ts": "a process of torn-write.test.ts",
  "test/cli/begin-named.ts": "started by a test, which ends it with signals",
  "clients/cli/demo/script.ts": "a program of the demonstration",
  "daemon/main.ts": "the agent's process",
  "daemon/start.ts": "starts the shipped bundle of the agent",
  "service/main.ts": "the service's process",
  "test/run.ts": "npm test",
  "test/web/screenshots.ts": "npm run screenshots",
  "service/web/main.tsx": "named by the page's document, where vite finds it",
  "vitest.config.ts": "read by vitest",
};

const FUNCTION_LINES_MAX = 70;
const bannedNames = /(Manager|Helper|Util|Utils|Impl|Base|Abstract)$/;

type Module = { path: string; text: string; imports: string[] };
let modules: Module[] = [];

beforeAll(async () => {
  await init;
  modules = sources(root).map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    return { path, text, imports: relativeImports(path, text, true) };
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

function relativeImports(path: string, text: string, typesToo: boolean): string[] {
  const [imports] = parse(path.endsWith(".tsx") ? importsOnly(text) : text);
  return imports
    .filter((found) => typesToo || !("typeOnly" in found && found.typeOnly))
    .map((found) => ("specifier" in found ? (found.specifier ?? "") : ""))
    .filter((name) => name.startsWith("."))
    .map((name) => relative(root, resolve(root, dirname(path), name)));
}

/** The lexer reads no JSX. The formatter puts imports first, each ended so. */
function importsOnly(text: string): string {
  return (text.match(/^import [^;]*;$/gm) ?? []).join("\n");
}

function roomOf(path: string): string | undefined {
  return Object.keys(arrows)
    .filter((prefix) => path.startsWith(`${prefix}/`))
    .sort((a, b) => b.length - a.length)[0];
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

  test("name files that exist", () => {
    const missing = modules.flatMap(({ path, imports }) =>
      imports.filter((to) => !existsSync(join(root, to))).map((to) => `${path} → ${to}`),
    );
    expect(missing).toEqual([]);
  });

  test("make no cycle of values", () => {
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
  const graph = new Map(modules.map(({ path, text }) => [path, relativeImports(path, text, false)]));
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

describe("the rules themselves", () => {
  test("name only paths that exist", () => {
    const paths = [
      ...Object.keys(arrows),
      ...Object.values(arrows).flatMap(({ may }) => may),
      ...exceptions.flatMap(({ from, to }) => [from, to]),
      ...Object.keys(entryPoints),
    ];
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
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
      "clients",
      "clients/typescript",
      "clients/account",
      "clients/cli",
      "clients/cli/run",
      "test",
    ];
    expect(folders.filter((folder) => !existsSync(join(root, folder, "README.md")))).toEqual([]);
  });

  test("has no function of more than 70 lines", () => {
    expect(
      modules.filter(({ path }) => !path.startsWith("test/") && !path.includes("generated")).flatMap(longFunctions),
    ).toEqual([]);
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

/**
 * Function length by indentation, as the formatter guarantees it: from a line that opens a function to the line that
 * closes at the same indentation. Functions that hold other functions (closures that own a state, describe blocks) are
 * measured without the lines of those.
 */
function longFunctions({ path, text }: Module): string[] {
  const lines = text.split("\n");
  const open: { indent: number; line: number; inner: number; name: string }[] = [];
  const found: string[] = [];
  lines.forEach((line, index) => {
    const indent = line.length - line.trimStart().length;
    const opener =
      /^\s*(?:export )?(?:async )?function\*? ?(\w+)/.exec(line) ??
      /^\s*(?:async )?(\w+)\([^)]*\)(?:: [^{=]+)? \{$/.exec(line) ??
      /^\s*(.*)=> \{$/.exec(line);
    if (opener !== null && line.endsWith("{") && !/^\s*(?:if|for|while|switch|catch)\b/.test(line)) {
      open.push({ indent, line: index, inner: 0, name: opener[1] ?? "" });
      return;
    }
    const last = open.at(-1);
    if (last !== undefined && indent === last.indent && line.trim().startsWith("}")) {
      open.pop();
      const size = index - last.line + 1;
      if (size - last.inner > FUNCTION_LINES_MAX)
        found.push(`${path}:${last.line + 1} ${last.name} has ${size - last.inner} lines`);
      const outer = open.at(-1);
      if (outer !== undefined) outer.inner += size;
    }
  });
  return found;
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

/** Published compromised twice (2022, 2026); this is the hash of the version that was read before it was taken. */
const NODE_IPC_INTEGRITY =
  "sha512-d5+aogND4Gk6aQkW5KCibliM4Mn12+isHXt8wFghO4Bn0gBSnev3TXJWQ4eEnzrlh5gCG+nwQEZwyayeDtQxQA==";
