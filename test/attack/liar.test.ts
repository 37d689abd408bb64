// The lies of a service, a little of each. `npm run test:attack` runs them whole.
import { expect, test } from "vitest";
import { liarAttacks } from "./liar-attacks.ts";
import { outcomesOf } from "./table.ts";

test.each(liarAttacks.map((attack) => [attack.tried, attack] as const))("holds against %s", async (_tried, attack) => {
  expect((await outcomesOf([attack], "short")).map(({ found }) => found)).toEqual([undefined]);
});
