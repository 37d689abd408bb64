// What a program with the TypeScript client shows while it waits for a person.
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, test } from "vitest";
import { type Asked, demandLeftToListener, demandSaidOnce, REFERENCE, startAsked } from "./asking-program.ts";

const program = fileURLToPath(new URL("./programs/asks.ts", import.meta.url));
const words = `${process.execPath} --no-warnings ${program} ${REFERENCE}`;

let asked: Asked;
beforeAll(async () => {
  asked = await startAsked();
});
afterAll(() => asked.remove());

test("a program that waits says so once at a terminal, and nothing elsewhere", () => demandSaidOnce(asked, words));

test("a program with a listener of its own says what it wants to", () => demandLeftToListener(asked, words));
