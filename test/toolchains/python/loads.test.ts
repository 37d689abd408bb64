// A start of the Python client loads what it needs and no more: most of the time of a start is the loading of modules.
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { startFutureAgent } from "../../client/future-agent.ts";
import { clientSource, pythonsHere, run } from "./environment.ts";

/** The modules of a start, without the name of the package. */
const START = [
  ..."_configuration _deadline _dial _features _fork _framing _generated_paths _generated_rules _given".split(" "),
  ..."_local_error _notice _options _postern_error _socket_path _table_error _watch_notices defaults".split(" "),
];

const [python] = pythonsHere();

test.skipIf(python === undefined).each([
  ["asyncio", [...START, "_channel", "_link", "_turn", "client"], ["secrets"]],
  ["synchronous", [...START, "sync", "sync._channel", "sync._link", "sync._turn", "sync.client"], ["sync.secrets"]],
])("the %s client opens and resolves without types, errors and typing", async (kind, opened, resolved) => {
  const agent = await startFutureAgent();
  const env = { PYTHONPATH: clientSource, PATH: process.env.PATH ?? "" };
  const environment = { folder: tmpdir(), python: python?.program ?? "" };
  const { code, out, err } = await run(environment, ["loads.py", kind, agent.socket], env);
  await agent.close();
  expect([code, err]).toEqual([0, ""]);
  const [afterOpen, afterResolve] = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as string[]);
  const whole = (names: readonly string[]) => ["__future__", "postern", ...names.map((name) => `postern.${name}`)];
  expect(afterOpen).toEqual(whole(opened).sort());
  expect(afterResolve).toEqual(whole([...opened, ...resolved]).sort());
});

test.skipIf(python === undefined)("every public name is there, and `import *` brings them all", async () => {
  const env = { PYTHONPATH: clientSource, PATH: process.env.PATH ?? "" };
  const environment = { folder: tmpdir(), python: python?.program ?? "" };
  const { code, out, err } = await run(environment, ["names.py"], env);
  expect([code, err]).toEqual([0, ""]);
  expect(out.trimEnd().split("\n")).toEqual([
    "[]",
    "module 'postern' has no attribute 'Nothing'",
    "module 'postern.sync' has no attribute 'Nothing'",
    "module 'postern.client' has no attribute 'Nothing'",
    "'Client' object has no attribute 'nothing'",
  ]);
});
