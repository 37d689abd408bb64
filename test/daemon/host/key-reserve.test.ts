import { expect, test } from "vitest";
import { PERSONS_KEYS, withoutReserve } from "../../../daemon/host/key-reserve.ts";
import { loadSodium } from "../../../daemon/host/sodium.ts";

test("tokens keep as many keys as leave the persons' reserve, and not one more, which a person keeps still", () => {
  const persons = loadSodium();
  const tokens = withoutReserve(persons);
  const most = persons.keysLeft() - PERSONS_KEYS;
  const kept = Array.from({ length: most }, () => tokens.keep(tokens.randomBytes(32)));
  const refused = tokens.randomBytes(32);
  expect(() => tokens.keep(refused)).toThrow(expect.objectContaining({ name: "busy" }));
  // Nobody holds it, so it is wiped.
  expect(refused.every((byte) => byte === 0)).toBe(true);
  for (let key = 0; key < PERSONS_KEYS; key++) persons.keep(persons.randomBytes(32));
  expect(persons.keysLeft()).toBe(0);
  expect(() => persons.keep(persons.randomBytes(32))).toThrow(expect.objectContaining({ name: "busy" }));
  // What is released in the reserve is the persons'.
  persons.release(...kept.slice(0, 1));
  expect(() => tokens.keep(tokens.randomBytes(32))).toThrow("the tokens in use");
});

test("the room of a token that ended is there for the next one", () => {
  const persons = loadSodium();
  const tokens = withoutReserve(persons, persons.keysLeft() - 1);
  const one = tokens.keep(tokens.randomBytes(32));
  expect(() => tokens.keep(tokens.randomBytes(32))).toThrow("the tokens in use");
  tokens.release(one);
  expect(tokens.keep(tokens.randomBytes(32))).toHaveLength(32);
});
