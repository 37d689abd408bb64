// Every event of the audit log has words, and an event of a newer agent keeps its name.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { deedOf } from "../../clients/cli/audit-words.ts";
import { catalogue } from "../../protocol/catalogue.ts";

const daemon = fileURLToPath(new URL("../../daemon", import.meta.url));

test("every event that the agent records is told in words", () => {
  const events = readdirSync(daemon, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => [...readFileSync(join(daemon, name), "utf8").matchAll(/\bevent: "([a-z]+\.[a-zA-Z.]+)"/g)])
    .map(([, event = ""]) => event);
  expect(events.length).toBeGreaterThan(5);
  for (const event of [...events, ...Object.keys(catalogue)]) expect(deedOf(event)).not.toMatch(/[a-z]\.[a-z]|^$/);
});

test.each(["made.later", "__proto__", "toString", ""])("%j, which is none of ours, keeps its name", (event) => {
  expect(deedOf(event)).toBe(event);
});
