import { describe, expect, test } from "vitest";
import { createHeldBytes, OWN_BYTES } from "../../../daemon/wire/held-bytes.ts";

describe("bytes that connections make the agent hold", () => {
  test("are taken to the last byte of the purse, and refused at one more", () => {
    const share = createHeldBytes(100).share();
    expect(share.hold(OWN_BYTES + 100)).toBe(true);
    expect(share.hold(OWN_BYTES + 101)).toBe(false);
  });

  test("leave each connection its own, whatever the others hold", () => {
    const held = createHeldBytes(100);
    expect(held.share().hold(OWN_BYTES + 100)).toBe(true);
    const other = held.share();
    expect(other.hold(OWN_BYTES)).toBe(true);
    expect(other.hold(OWN_BYTES + 1)).toBe(false);
  });

  test("go back to the purse once they are released", () => {
    const held = createHeldBytes(100);
    const first = held.share();
    const second = held.share();
    expect(first.hold(OWN_BYTES + 60)).toBe(true);
    expect(second.hold(OWN_BYTES + 41)).toBe(false);
    expect(first.hold(0)).toBe(true);
    expect(second.hold(OWN_BYTES + 100)).toBe(true);
  });

  test("count nothing when they were refused", () => {
    const held = createHeldBytes(100);
    const first = held.share();
    expect(first.hold(OWN_BYTES + 1000)).toBe(false);
    expect(held.share().hold(OWN_BYTES + 100)).toBe(true);
  });
});
