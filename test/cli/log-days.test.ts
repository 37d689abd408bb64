// For how long the log keeps its records, as a person chooses it.
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { PASSWORD } from "../agent/person.ts";
import { postern } from "./postern.ts";

const home = mkdtempSync(join(tmpdir(), "postern-ld-"));
const DAY_MS = 24 * 60 * 60_000;

beforeAll(async () => {
  const made = await run("init --name Ada --no-pin --kit kit.txt --password-fd 3", [PASSWORD]);
  expect(made).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await postern(["agent", "stop"], { home });
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

const run = (words: string, secrets: readonly string[] = []) => postern(words.split(" "), { home, secrets });
const shown = async () => JSON.parse((await run("config log-days --json")).out) as unknown;

describe("config log-days", () => {
  test("shows 90 days at first, and sets others for the password", async () => {
    expect(await run("config log-days")).toMatchObject({ code: 0, out: "90\n" });
    const set = await run("config log-days 365 --password-fd 3", [PASSWORD]);
    expect(set).toMatchObject({ code: 0, out: "The log keeps its records for 365 days on this machine.\n" });
    expect(await shown()).toEqual({ logDays: 365 });
    expect((await run("config")).out).toContain("log-days   365\n");
  });

  test("changes nothing for a wrong password, nor without one where nobody can be asked", async () => {
    const before = await shown();
    const wrong = await run("config log-days 7 --password-fd 3", ["not the password"]);
    expect(wrong).toMatchObject({ code: exitCodes.denied, out: "" });
    expect(await run("config log-days 7")).toMatchObject({ code: exitCodes.usage, out: "" });
    expect(await shown()).toEqual(before);
  });

  test.each(["6", "3651", "30d"])("refuses %s, and says what there is", async (typed) => {
    const refused = await postern(["config", "log-days", "--password-fd", "3", "--", typed], {
      home,
      secrets: [PASSWORD],
    });
    expect(refused).toMatchObject({ code: exitCodes.usage, out: "" });
    expect(refused.err).toContain("config log-days takes a number of days from 7 to 3650");
  });

  test("removes the older files of the log at once where it is shortened, and the choice survives a restart", async () => {
    const accounts = ["data", "."].map((part) => join(home, part, "accounts")).find((path) => existsSync(path)) ?? "";
    const folder = join(accounts, readdirSync(accounts)[0] ?? "");
    await run("agent stop");
    // The agent goes on writing in the newest file.
    const seconds = (Date.now() - 30 * DAY_MS) / 1000;
    writeFileSync(join(folder, "audit-000000.log"), "", { mode: 0o600 });
    utimesSync(join(folder, "audit-000000.log"), seconds, seconds);
    const files = () => readdirSync(folder).filter((name) => name.endsWith(".log"));
    expect(await run("unlock --password-fd 3", [PASSWORD])).toMatchObject({ code: 0 });
    expect(await shown()).toEqual({ logDays: 365 });
    expect(files()).toEqual(["audit-000000.log", "audit-000001.log"]);
    expect(await run("config log-days 29 --password-fd 3", [PASSWORD])).toMatchObject({ code: 0 });
    expect(files()).toEqual(["audit-000001.log"]);
    const { out } = await run("audit --password-fd 3", [PASSWORD]);
    expect(out).toContain("set for how long the log keeps records");
  });
});
