// What a program with the Go client shows while it waits for a person.
import { afterAll, beforeAll, test } from "vitest";
import {
  type Asked,
  demandLeftToListener,
  demandSaidOnce,
  demandUnlockSaidOnce,
  REFERENCE,
  startAsked,
} from "../../client/asking-program.ts";
import { type GoProject, hasGo, makeGoProject } from "./project.ts";

const TIME_MS = 120_000;

let project: GoProject;
let asked: Asked;
let words: string;
beforeAll(async () => {
  if (!hasGo) return;
  project = makeGoProject();
  words = `${await project.build("asks")} ${REFERENCE}`;
  asked = await startAsked();
}, TIME_MS);
afterAll(async () => {
  await asked?.remove();
  project?.remove();
});

test.skipIf(!hasGo)("a program that waits says so once at a terminal, and nothing elsewhere", () =>
  demandSaidOnce(asked, words),
);

test.skipIf(!hasGo)("a program on a locked account says once that it waits for the unlock, and goes on after it", () =>
  demandUnlockSaidOnce(asked, words, "Ada"),
);

test.skipIf(!hasGo)("a program with a listener of its own says what it wants to", () =>
  demandLeftToListener(asked, words),
);
