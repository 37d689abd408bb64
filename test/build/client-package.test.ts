// The packed client in an empty project, on the Node of the repository: every way to load it gives the same names and the same classes.
// Other Nodes and other people's tools are in test/toolchains.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as source from "../../clients/typescript/client.ts";
import { installPacked, packClient } from "./packed-client.ts";

let project: string;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "postern-client-"));
  writeFileSync(join(project, "package.json"), '{"name":"empty","version":"1.0.0","private":true}');
  installPacked(packClient(project), project);
}, 120_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

/** Runs a program in the project. Returns the value that it prints as JSON. */
function run(name: string, text: string): unknown {
  writeFileSync(join(project, name), text);
  return JSON.parse(execFileSync(process.execPath, [name], { cwd: project, encoding: "utf8" }));
}

test("the package has no dependency and no script", () => {
  const text = readFileSync(join(project, "node_modules/@postern/client/package.json"), "utf8");
  const manifest = JSON.parse(text) as Record<string, unknown>;
  expect(Object.keys(manifest)).not.toContain("dependencies");
  expect(Object.keys(manifest)).not.toContain("scripts");
  expect(existsSync(join(project, "node_modules/@postern/client", String(manifest.main)))).toBe(true);
  expect(readdirSync(join(project, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["@postern"]);
});

test("require gives every name, and the module itself as the default", () => {
  const text = `
    const sdk = require("@postern/client");
    const { createClient } = require("@postern/client");
    console.log(JSON.stringify([Object.keys(sdk), sdk.default === sdk, typeof createClient]));`;
  const [names, isDefault, kind] = run("require.cjs", text) as [string[], boolean, string];
  expect(names.sort()).toEqual([...Object.keys(source), "default"].sort());
  expect([isDefault, kind]).toEqual([true, "function"]);
});

test("import gives every name, alone, all together, and in the default", () => {
  const text = `
    import sdk, { createClient, DesktopAuth } from "@postern/client";
    import * as all from "@postern/client";
    const same = Object.keys(all).filter((name) => name !== "default" && all[name] !== sdk[name]);
    console.log(JSON.stringify([Object.keys(all), same, createClient === sdk.createClient, DesktopAuth === all.DesktopAuth]));`;
  const [names, others, ...same] = run("import.mjs", text) as [string[], string[], boolean, boolean];
  expect(names.sort()).toEqual([...Object.keys(source), "default"].sort());
  expect([others, same]).toEqual([[], [true, true]]);
});

test("a program that imports and requires the client has one copy of each class", () => {
  const text = `
    import { createRequire } from "node:module";
    import { errors, Secrets } from "@postern/client";
    const required = createRequire(import.meta.url)("@postern/client");
    try {
      required.Secrets.validateSecretReference("no reference");
    } catch (error) {
      console.log(JSON.stringify([required.Secrets === Secrets, error instanceof errors.InvalidReferenceError]));
    }`;
  expect(run("both.mjs", text)).toEqual([true, true]);
});

test("a property of the required module can be replaced, as mocks do", () => {
  const text = `
    const sdk = require("@postern/client");
    const mock = () => "mocked";
    sdk.createClient = mock;
    console.log(JSON.stringify([require("@postern/client").createClient(), sdk.default.createClient()]));`;
  expect(run("mock.cjs", text)).toEqual(["mocked", "mocked"]);
});

test("the client takes few of Node's modules at its start, and the others when a program needs them", () => {
  const text = `
    const Module = require("node:module");
    const load = Module._load;
    let asked = [];
    Module._load = (name, ...more) => {
      if (name.startsWith("node:")) asked.push(name.slice("node:".length));
      return load(name, ...more);
    };
    const taken = () => [...new Set(asked.splice(0))].sort();
    const { createClient, DesktopAuth, Secrets } = require("@postern/client");
    (async () => {
      const failed = await createClient({ auth: new DesktopAuth(), socket: "/nonexistent/agent.sock" }).catch((error) => error);
      const start = taken();
      const { password } = Secrets.generatePassword({ type: "Pin", parameters: { length: 6 } });
      console.log(JSON.stringify([failed.name, start, password.length, taken()]));
    })();`;
  const start = ["fs", "net", "os", "path"];
  expect(run("start.cjs", text)).toEqual(["AgentNotRunning", start, 6, ["crypto"]]);
});
