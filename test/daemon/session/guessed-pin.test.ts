import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { loadPinGuessing, type PinGuessing } from "../../../daemon/session/guessed-pin.ts";
import { demandUnguessed, NEW_PINS_WAITING_MAX } from "../../../daemon/session/pin.ts";
import { PIN_LENGTH_MIN } from "../../../protocol/catalogue/accounts.ts";

let isGuessed: PinGuessing;
beforeAll(async () => {
  isGuessed = await loadPinGuessing(["Grace Hopper", "Zoë Żak"]);
});

describe("a PIN is guessed first", () => {
  test.each([
    ["steps", "123456 654321 234567 987654 135790 024680 112233 998877 abcdef zyxwvu"],
    ["repeats", "000000 111111 aaaaaa 121212 123123 456456 789789 abcabc 199019"],
    ["dates", "19990101 010190 311299 24121958 19581224 01.01.1990 1990-12-24 1/1/1990"],
    ["rows of keys", "qwerty asdfgh zxcvbn qwertz yxcvbn azerty 147258 258369 159357 789456 1qaz2wsx"],
    ["words", "password letmein dragon p4ssw0rd"],
    ["the account's name", "gracehopper hopper Hopper1 grace1 Zoë Żak zoë żak"],
  ])("%s", (_kind, pins) => {
    const all = pins.split(" ").filter((pin) => pin.length >= PIN_LENGTH_MIN);
    expect(all.length).toBeGreaterThan(1);
    expect(all.filter((pin) => !isGuessed(pin))).toEqual([]);
  });
});

test.each(["493817", "84062917", "7f3k9q", "harbour lanterns at sea"])("%s is not", (pin) => {
  expect(isGuessed(pin)).toBe(false);
});

const digit = fc.integer({ min: 0, max: 9 });

describe("for every", () => {
  test("character that is repeated", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 1 }), fc.integer({ min: 6, max: 128 }), (one, times) =>
        isGuessed(one.repeat(times)),
      ),
    );
  });

  test("group of one to three digits that is repeated, in 6 to 12 digits", () => {
    const group = fc.array(digit, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(group, fc.integer({ min: 6, max: 12 }), (digits, length) => {
        const times = Math.ceil(length / digits.length);
        return isGuessed(digits.join("").repeat(times));
      }),
    );
  });

  test("row of digits that go up or down by one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4 }), fc.boolean(), (start, down) => {
        const row = Array.from({ length: PIN_LENGTH_MIN }, (_, index) => start + index);
        return isGuessed((down ? row.reverse() : row).join(""));
      }),
    );
  });

  test("day of the last hundred years, in each usual order, with separators or without", () => {
    const year = new Date().getUTCFullYear();
    const days = fc.date({
      min: new Date(Date.UTC(year - 99, 0, 1)),
      max: new Date(Date.UTC(year, 11, 31)),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(
        days,
        fc.constantFrom("", ".", "-", "/", " "),
        fc.integer({ min: 0, max: 2 }),
        (day, between, order) => {
          const [y = "", m = "", d = ""] = day.toISOString().slice(0, 10).split("-");
          const parts = [
            [y, m, d],
            [d, m, y],
            [m, d, y],
          ][order];
          return isGuessed((parts ?? []).join(between));
        },
      ),
    );
  });

  test("birthday without its century", () => {
    const day = fc.tuple(
      fc.integer({ min: 1, max: 28 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 0, max: 99 }),
    );
    fc.assert(fc.property(day, (parts) => isGuessed(parts.map((part) => String(part).padStart(2, "0")).join(""))));
  });

  test("such PIN in upper case, in other digits of Unicode and in forms of full width", () => {
    const wide = (text: string) =>
      text.replace(/[!-~]/g, (one) => String.fromCodePoint((one.codePointAt(0) ?? 0) + 0xfee0));
    const guessed = fc.constantFrom("123456", "qwerty", "azerty", "19990101", "password", "121212");
    fc.assert(fc.property(guessed, (pin) => [pin.toUpperCase(), wide(pin), wide(pin.toUpperCase())].every(isGuessed)));
  });

  test("part of the account's name, in any case", () => {
    const name = fc.string({ unit: fc.constantFrom(..."bcdfghjklmnpqrstvwxz"), minLength: 6, maxLength: 12 });
    return fc.assert(
      fc.asyncProperty(name, async (part) => {
        const guessing = await loadPinGuessing([`Ann ${part}`]);
        return guessing(part) && guessing(part.toUpperCase());
      }),
      { numRuns: 20 },
    );
  });

  test("PIN, only its first 32 characters are looked at, since the time grows faster than the length", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 32, maxLength: 32 }), fc.string({ maxLength: 96 }), (looked, rest) => {
        expect(isGuessed(looked + rest)).toBe(isGuessed(looked));
      }),
      { numRuns: 50 },
    );
  });
});

test(`of new PINs, ${NEW_PINS_WAITING_MAX} wait to be looked at, and one more is refused`, async () => {
  const looks = Array.from({ length: NEW_PINS_WAITING_MAX }, () => demandUnguessed("493817", []));
  await expect(demandUnguessed("493817", [])).rejects.toMatchObject({ name: "busy" });
  await expect(Promise.all(looks)).resolves.toHaveLength(NEW_PINS_WAITING_MAX);
  await expect(demandUnguessed("123456", [])).rejects.toMatchObject({ name: "invalidParams" });
});

test("nine of ten PINs of eight random digits are none of these", () => {
  const pins = fc.sample(fc.array(digit, { minLength: 8, maxLength: 8 }), { numRuns: 500, seed: 4 });
  expect(pins.filter((digits) => isGuessed(digits.join(""))).length).toBeLessThan(50);
});
