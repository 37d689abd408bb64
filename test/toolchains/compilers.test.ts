// The packed client under the compilers of TypeScript: each way to resolve a module, as each kind of module, with the declarations checked
// too. What the compiler wrote then runs against a real agent.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DemoAgent, SECRET, startDemoAgent, TYPED_OUTPUT } from "./demo-agent.ts";
import { makeProject, type Project, type Ran } from "./project.ts";
import { hasTool, toolModules } from "./toolbox.ts";

const TIME_MS = 60_000;

let project: Project;
let agent: DemoAgent;

beforeAll(async () => {
  project = makeProject();
  agent = await startDemoAgent();
}, 120_000);
afterAll(async () => {
  await agent.remove();
  project.remove();
});

type Options = Readonly<Record<string, unknown>>;

/** As strict as a program can be. Declarations are checked, with no types but the language's own. */
const strict: Options = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  target: "es2020",
  lib: ["es2020"],
  types: [],
};

/** Compiles one program, by a configuration of its own. */
async function compile(compiler: string, file: string, text: string, options: Options): Promise<Ran> {
  project.write(file, text);
  project.write("tsconfig.json", JSON.stringify({ files: [file], compilerOptions: { ...strict, ...options } }));
  return project.run([process.execPath, join(toolModules, compiler, "bin", "tsc"), "--project", "tsconfig.json"]);
}

const typed = readFileSync(new URL("./programs/typed.mts", import.meta.url), "utf8");

/** Compiles a program, and runs what came of it. */
async function demandRuns(compiler: string, ending: string, options: Options): Promise<void> {
  expect(await compile(compiler, `program.${ending}`, typed, options)).toEqual({ code: 0, out: "", err: "" });
  const ran = await project.run([process.execPath, `program.${ending.replace("t", "j")}`], agent.env);
  expect(ran).toEqual({ code: 0, out: TYPED_OUTPUT, err: "" });
}

const modes: readonly (readonly [ending: string, module: string, moduleResolution: string])[] = [
  ["mts", "node16", "node16"],
  ["cts", "node16", "node16"],
  ["mts", "nodenext", "nodenext"],
  ["cts", "nodenext", "nodenext"],
  ["mts", "esnext", "bundler"],
  ["mts", "preserve", "bundler"],
];

/** TypeScript's own words for a CommonJS module, and a signal of Node's types. */
const importEquals = `
import sdk = require("@postern/client");

async function main(): Promise<void> {
  const { TOKEN = "", REFERENCE = "" } = process.env;
  const client: sdk.OpenClient = await sdk.createClient({ auth: TOKEN, integrationName: "shop", integrationVersion: "1" });
  const signal: AbortSignal = AbortSignal.timeout(60_000);
  console.log(await client.secrets.resolve(REFERENCE, { signal }));
  client.close();
}

void main();
`;

const wrong = `
import { createClient, nothing } from "@postern/client";
void createClient({ auth: 1 });
void nothing;
`;

describe.each(["typescript-5", "typescript-7"])("%s", (compiler) => {
  const has = test.skipIf(!hasTool(compiler));

  has.each(modes)("compiles a .%s program as %s, resolved as %s", { timeout: TIME_MS }, async (ending, module, way) =>
    demandRuns(compiler, ending, { module, moduleResolution: way }),
  );

  has("compiles import = require, with Node's types", { timeout: TIME_MS }, async () => {
    const options = { module: "nodenext", target: "es2022", lib: ["es2022"], types: ["node"] };
    expect(await compile(compiler, "equals.cts", importEquals, options)).toEqual({ code: 0, out: "", err: "" });
    const ran = await project.run([process.execPath, "equals.cjs"], agent.env);
    expect(ran).toEqual({ code: 0, out: `${SECRET}\n`, err: "" });
  });

  has("refuses a name and a type that the declarations do not have", { timeout: TIME_MS }, async () => {
    const { code, out } = await compile(compiler, "wrong.mts", wrong, { module: "nodenext", noEmit: true });
    expect(code).not.toBe(0);
    expect(out.match(/TS\d+/g)).toEqual(["TS2614", "TS2769"]);
  });
});

describe("modules resolved as `node`, the former way,", () => {
  const former = { module: "commonjs", moduleResolution: "node" };

  test.skipIf(!hasTool("typescript-5")).each([true, false])(
    "compile with TypeScript 5, esModuleInterop %s",
    { timeout: TIME_MS },
    (esModuleInterop) => demandRuns("typescript-5", "ts", { ...former, esModuleInterop }),
  );

  test.skipIf(!hasTool("typescript-7"))("are gone from TypeScript 7", { timeout: TIME_MS }, async () => {
    const { code, out } = await compile("typescript-7", "program.ts", typed, former);
    expect(code).not.toBe(0);
    expect(out).toContain("TS5108");
  });
});
