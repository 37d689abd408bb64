// Where a request came from, and how acts are counted by it. A client cannot choose its own address.
import { describe, expect, test } from "vitest";
import { keyOfAddress, senderOf } from "../../service/door/address.ts";
import { createBuckets } from "../../service/door/buckets.ts";

describe("an address", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:0::/56"],
    ["2001:0DB8:0001:0002::ffff", "2001:db8:1:0::/56"],
    ["2001:db8:1:ff::1", "2001:db8:1:0::/56"],
    ["2001:db8:1:100::1", "2001:db8:1:100::/56"],
    ["2001:db8:1:abcd:3:4:5:6", "2001:db8:1:ab00::/56"],
    ["2001:db8::", "2001:db8:0:0::/56"],
    ["::1", "0:0:0:0::/56"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0:0::/56"],
    ["fe80::1%eth0", "fe80:0:0:0::/56"],
    ["unknown", undefined],
    ["192.0.2.1:443", undefined],
    ["", undefined],
  ])("%s counts as %s", (address, key) => {
    expect(keyOfAddress(address)).toBe(key);
  });

  test.each([
    ["without a proxy", "192.0.2.1", "198.51.100.7", undefined, "192.0.2.1"],
    ["from somebody beside the proxy", "192.0.2.1", "198.51.100.7", "127.0.0.1", "192.0.2.1"],
    ["from the proxy", "::ffff:127.0.0.1", "198.51.100.7", "127.0.0.1", "198.51.100.7"],
    ["with words of the client before", "127.0.0.1", "203.0.113.9, 198.51.100.7", "127.0.0.1", "198.51.100.7"],
    ["that names nobody", "127.0.0.1", "unknown", "127.0.0.1", "127.0.0.1"],
    ["that the proxy left out", "127.0.0.1", null, "127.0.0.1", "127.0.0.1"],
    ["from a neighbour of a proxy of IPv6", "2001:db8::2", "198.51.100.7", "2001:db8::1", "2001:db8:0:0::/56"],
  ])("in a header %s is read only where the proxy wrote it", (_what, peer, header, proxy, sender) => {
    expect(senderOf(peer, header, proxy)).toBe(sender);
  });
});

describe("a bucket", () => {
  test("is forgotten past the number of keys, the one that was used longest ago first", () => {
    const buckets = createBuckets({ burst: 1, perSecond: 1 }, 2, () => 0);
    expect(["a", "b", "a"].map(buckets.take)).toEqual([true, true, false]);
    expect(["c", "a", "b"].map(buckets.take)).toEqual([true, false, true]);
  });

  test("is filled by a clock that goes on after it was set back, and never past its burst", () => {
    let now = 10_000;
    const buckets = createBuckets({ burst: 2, perSecond: 1 }, 2, () => now);
    expect([0, 0, 0].map(() => buckets.take("a"))).toEqual([true, true, false]);
    now = 0;
    expect(buckets.take("a")).toBe(false);
    now = 60_000;
    expect([0, 0, 0].map(() => buckets.take("a"))).toEqual([true, true, false]);
    buckets.giveBack("a");
    expect([0, 0].map(() => buckets.take("a"))).toEqual([true, false]);
  });
});
