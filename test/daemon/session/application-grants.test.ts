// The application grants in a device store: their room, and their end.
import { describe, expect, test } from "vitest";
import {
  APPLICATION_BYTES_MAX,
  APPLICATION_MS,
  addApplication,
  endApplications,
  livingApplications,
} from "../../../daemon/session/application-grants.ts";
import { type ApplicationGrant, type DeviceState, newDeviceState } from "../../../daemon/session/device-store.ts";

const at = (ms: number) => ({ wallMs: ms, monotonicMs: ms, bootMs: ms });

/** A store in memory. The real one is written to disk, which is another test's matter. */
function memory() {
  let state: DeviceState = newDeviceState;
  const change = async (next: (state: DeviceState) => DeviceState) => {
    state = next(state);
  };
  return {
    get state() {
      return state;
    },
    change,
    changeNow: change,
  };
}

const grant = (id: string, folder = "/work"): ApplicationGrant => ({
  launch: {
    way: "itself",
    executable: { path: "/bin/sh", device: "1", inode: "2", changed: "3" },
    argv: "4",
    folder,
    place: { is: "unit", path: "/x.service" },
  },
  given: [{ id, scope: { account: "a", level: "values", vault: "v", item: "i", field: "f" } }],
  wallMs: 1_000,
  bootMs: 1_000,
  boot: "this",
});
const bytes = (one: ApplicationGrant) => Buffer.byteLength(JSON.stringify([one]));
const filled = (id: string, size: number) => grant(id, `/${"x".repeat(size - bytes(grant(id, "/")))}`);
const idsOf = (state: DeviceState) => (state.applications ?? []).flatMap(({ given }) => given.map(({ id }) => id));

describe("the room of application grants", () => {
  test("takes one of exactly its size", async () => {
    const store = memory();
    await addApplication(store, filled("1", APPLICATION_BYTES_MAX), at(1_000));
    expect(idsOf(store.state)).toEqual(["1"]);
  });

  test("refuses one that is a byte larger, and keeps what is there", async () => {
    const store = memory();
    await addApplication(store, grant("1"), at(1_000));
    const adding = addApplication(store, filled("2", APPLICATION_BYTES_MAX + 1), at(1_000));
    await expect(adding).rejects.toMatchObject({ name: "tooLarge" });
    expect(idsOf(store.state)).toEqual(["1"]);
  });

  test("gives the place of the oldest to the newest", async () => {
    const store = memory();
    const half = APPLICATION_BYTES_MAX / 2;
    for (const id of ["1", "2", "3"]) await addApplication(store, filled(id, half), at(1_000));
    expect(idsOf(store.state)).toEqual(["2", "3"]);
    await addApplication(store, grant("4"), at(1_000));
    expect(idsOf(store.state)).toEqual(["3", "4"]);
  });
});

describe("an application grant", () => {
  const state = { ...newDeviceState, applications: [grant("1")] };
  const lives = (now: { wallMs: number; monotonicMs: number; bootMs: number }, boot = "this") =>
    livingApplications(state, now, boot).length === 1;

  test("lives for a day and no longer, by the clock that says the most", () => {
    expect(lives(at(APPLICATION_MS + 999))).toBe(true);
    expect(lives(at(APPLICATION_MS + 1_000))).toBe(false);
    expect(lives({ ...at(2_000), wallMs: APPLICATION_MS + 1_000 })).toBe(false);
    expect(lives({ ...at(2_000), bootMs: APPLICATION_MS + 1_000 })).toBe(false);
  });

  test("does not live longer because the wall clock was set back", () => {
    expect(lives({ ...at(APPLICATION_MS + 1_000), wallMs: 0 })).toBe(false);
  });

  test("ends with the boot", () => {
    expect(lives(at(2_000), "another")).toBe(false);
  });

  test("ends alone", async () => {
    const store = memory();
    for (const id of ["1", "2"]) await addApplication(store, grant(id), at(1_000));
    await endApplications(store, ["1", "3"]);
    expect(idsOf(store.state)).toEqual(["2"]);
  });
});
