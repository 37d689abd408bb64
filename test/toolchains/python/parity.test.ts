// The official Python package beside ours, by script: every name, enum, field with its type, and signature. What differs stands in a list
// with its reason, and the list has nothing else.
import { expect, test } from "vitest";
import { clientSource, run, toolEnvironment } from "./environment.ts";

const MORE = "ours alone: a call by the agent's own names, its events, and the end of a connection";
const WORDS = "the agent's list of words has it, and the newest official packages too";
const INNER = "the inside of the official package: no program needs it to call the service";

const exceptions: Readonly<Record<string, string>> = {
  "Client.call is ours alone": MORE,
  "Client.close is ours alone": MORE,
  "Client.on_event is ours alone": MORE,
  "ItemOverview.malformed is ours alone": "an item whose content is damaged is one row of a list",
  "Secrets.watch is ours alone": MORE,
  "VaultAccessorType.BROKER is ours alone": WORDS,
  "defaults.SDK_BUILD_NUMBER is missing": INNER,
  "defaults.SDK_LANGUAGE is missing": INNER,
  "defaults.SDK_VERSION is missing": INNER,
  "defaults.DEFAULT_REQUEST_LIBRARY is missing": INNER,
  "defaults.DEFAULT_REQUEST_LIBRARY_VERSION is missing": INNER,
  "defaults.DEFAULT_OS_VERSION is missing": INNER,
  "defaults.new_default_config is missing": INNER,
  "errors.raise_typed_exception is missing": INNER,
  "types.serialize_binary_data is missing": INNER,
  "types.deserialize_binary_data is missing": INNER,
  "types.serialize_datetime_data is missing": INNER,
  "types.parse_rfc3339 is missing": INNER,
};

/** Names of the official package, onepassword-sdk 0.4.2. */
const NAMES = 122;

const tools = toolEnvironment();

test.skipIf(tools === undefined)("every official name, field, type and signature is ours too", async () => {
  if (tools === undefined) return;
  const { code, out, err } = await run(tools, ["parity.py"], { PYTHONPATH: clientSource });
  expect([code, err]).toEqual([0, ""]);
  const lines = out.trimEnd().split("\n");
  expect(lines.pop()).toBe(`${NAMES} names compared`);
  expect(lines).toEqual(Object.keys(exceptions));
});
