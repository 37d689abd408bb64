// What a program with the TypeScript client shows while it waits for a person.
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, test } from "vitest";
import {
  type Asked,
  demandLeftToListener,
  demandSaidOnce,
  demandUnlockSaidOnce,
  REFERENCE,
  startAsked,
} from "./asking-program.ts";

const program = fileURLToPath(new URL("./programs/asks.ts", import.meta.url));
const words = `${process.execPath} --no-warnings ${program} ${REFERENCE}`;

let asked: Asked;
beforeAll(async () => {
  asked = await startAsked();
});
afterAll(() => asked.remove());

test("a program that waits says so once at a terminal, and nothing elsewhere", () => demandSaidOnce(asked, words));

test("a program with a listener of its own says what it wants to", () => demandLeftToListener(asked, words));

test("a program on a locked account says once at a terminal that it waits for the unlock, and goes on after it", () =>
  demandUnlockSaidOnce(asked, words));

test("a program that names its account says how to unlock that one", () => demandUnlockSaidOnce(asked, words, "Ada"));
