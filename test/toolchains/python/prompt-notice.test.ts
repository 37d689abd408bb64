// What a program with the Python client shows while it waits for a person.
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import {
  type Asked,
  demandLeftToListener,
  demandSaidOnce,
  demandUnlockSaidOnce,
  REFERENCE,
  startAsked,
} from "../../client/asking-program.ts";
import { clientSource, programs, pythonsHere } from "./environment.ts";

const [python] = pythonsHere();

let asked: Asked;
beforeAll(async () => {
  if (python !== undefined) asked = await startAsked();
}, 60_000);
afterAll(() => asked?.remove());

describe.skipIf(python === undefined).each(["threads", "tasks"])("a program with %s that waits", (kind) => {
  const words = `PYTHONPATH=${clientSource} PYTHONDONTWRITEBYTECODE=1 ${python?.program} ${join(programs, "asks.py")} ${kind} ${REFERENCE}`;

  test("says so once at a terminal, and nothing elsewhere", () => demandSaidOnce(asked, words));

  test("waits on a locked account too, says so once, and goes on after the unlock", () =>
    demandUnlockSaidOnce(asked, words, "Ada"));

  test("leaves that to a listener of its own", () => demandLeftToListener(asked, words));
});
