// The file of the device store, and two ways to write it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadSodium } from "../../../daemon/host/sodium.ts";
import { openDeviceStore } from "../../../daemon/session/device-store.ts";

const crypto = loadSodium();
const key = crypto.randomBytes(32);
const owner = { account: "a".repeat(26), user: "u".repeat(26) };

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-store-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const opened = () => openDeviceStore(crypto, key, owner, join(folder, "device.sealed")).store;

const told = (wrongPinsToTell: number) => (state: ReturnType<typeof opened>["state"]) => ({
  ...state,
  wrongPinsToTell,
});

describe("the change of a lock", () => {
  test("is on disk before anything else runs", () => {
    const done = opened().changeNow(told(1));
    expect(opened().state).toMatchObject({ wrongPinsToTell: 1, counter: 1 });
    return done;
  });

  test("comes after a change that is being written", async () => {
    const store = opened();
    const before = store.change(told(1));
    const now = store.changeNow(told(2));
    await Promise.all([before, now]);
    expect(opened().state).toMatchObject({ wrongPinsToTell: 2, counter: 2 });
  });

  test("comes before a change that follows it", async () => {
    const store = opened();
    const now = store.changeNow(told(1));
    await store.change(told(2));
    await now;
    expect(opened().state).toMatchObject({ wrongPinsToTell: 2, counter: 2 });
  });

  test("fails for its own caller where the folder is gone, and so does not end the process", async () => {
    const store = opened();
    rmSync(folder, { recursive: true });
    await expect(store.changeNow(told(1))).rejects.toThrow("ENOENT");
  });
});
