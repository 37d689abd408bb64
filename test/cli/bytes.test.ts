// Stored bytes come out of the command unchanged: files of any content, and texts with a byte order mark.
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { postern, type Ran, type RunOptions } from "./postern.ts";

let agent: RunningAgent;
let person: Person;
/** A service account's token, so that nobody is asked: otherwise each command would wait for a proof. */
let token: string;
let folder: string;

const run = (words: string, more: Partial<RunOptions> = {}): Promise<Ran> =>
  postern(words.split(" "), { home: agent.home, env: { POSTERN_SERVICE_ACCOUNT_TOKEN: token }, ...more });
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  agent = await startAgent();
  folder = mkdtempSync(join(agent.home, "files-"));
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  await person.channel.call("vaults.create", { title: "Demo" });
  const vaults = [{ vault: "Demo", permissions: ["read_items" as const, "write_items" as const] }];
  const asked = { password: PASSWORD, title: "CI", vaults };
  ({ token } = await person.channel.call("serviceAccounts.create", asked));
});
afterAll(async () => {
  person.leave();
  await agent.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe("a file", () => {
  test.each([
    ["empty", new Uint8Array()],
    ["of text with a byte order mark and no newline", Buffer.from("\ufeffa\r\nb")],
    ["with a zero byte", Buffer.from("a\0b")],
    ["that is no UTF-8", Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x0a])],
    ["longer than one piece", randomBytes(1024 * 1024 + 1)],
  ])("%s is read unchanged, on stdout and into a file", async (what, content) => {
    const title = what.replaceAll(/[^a-z0-9]/g, "");
    writeFileSync(at("in"), content);
    expect(await run(`item create --vault Demo --title ${title} --file ${at("in")}`)).toMatchObject({ code: 0 });
    const reference = `op://Demo/${title}/in`;
    expect(await run(`read ${reference}`, { stdout: at("stdout") })).toMatchObject({ code: 0, err: "" });
    expect(Buffer.compare(readFileSync(at("stdout")), content)).toBe(0);
    expect(await run(`read ${reference} --force --out-file ${at("out")}`)).toMatchObject({ code: 0 });
    expect(Buffer.compare(readFileSync(at("out")), content)).toBe(0);
  });

  test("with bytes that are no text is not put into JSON", async () => {
    writeFileSync(at("in"), Buffer.from([0xff]));
    await run(`item create --vault Demo --title Odd --file ${at("in")}`);
    const { code, err } = await run("read op://Demo/Odd/in --json");
    expect(code).toBe(exitCodes.usage);
    expect(JSON.parse(err)).toMatchObject({ error: { name: "unsupportedFileFormat" } });
  });
});

describe("a value", () => {
  test("keeps its byte order mark, read cold, from memory and into a file, and as notes", async () => {
    writeFileSync(at("marked"), "\ufeffs3cret");
    const made = `item create --vault Demo --title Marked --notes-file ${at("marked")}`;
    expect(await run(`${made} --secret-file password=${at("marked")}`)).toMatchObject({ code: 0 });
    for (const field of ["password", "notesPlain"])
      for (const _time of ["cold", "warm"]) {
        await run(`read op://Demo/Marked/${field}`, { stdout: at("out") });
        expect(readFileSync(at("out"))).toEqual(readFileSync(at("marked")));
      }
    expect((await run(`read op://Demo/Marked/password --force --out-file ${at("out")}`)).code).toBe(0);
    expect(readFileSync(at("out"))).toEqual(readFileSync(at("marked")));
  });

  test.each([
    ["--secret-file", "--secret-file password=PATH", "--secret-file gives is no text"],
    ["--notes-file", "--notes-file PATH", "--notes-file gives is no text"],
  ])("of %s that is no text is refused by the option's name, and nothing is made", async (_option, words, text) => {
    for (const content of [Buffer.from([0xed, 0xa0, 0x80]), Buffer.from("a\0b")]) {
      writeFileSync(at("binary"), content);
      const asked = `item create --vault Demo --title Refused ${words.replace("PATH", at("binary"))}`;
      const { code, err } = await run(asked);
      expect([code, err]).toEqual([exitCodes.usage, expect.stringContaining(text)]);
    }
    expect((await run("item list --vault Demo")).out).not.toContain("Refused");
  });

  test("of a descriptor, and a password, that is no text is refused too", async () => {
    const field = "item create --vault Demo --title Refused --secret-fd password=3";
    expect((await run(field, { secrets: ["a\0b"] })).err).toContain("--secret-fd gives is no text");
    expect((await run("unlock --password-fd 3", { secrets: [`${PASSWORD}\0`], env: {} })).err).toContain(
      "--password-fd gives is no text",
    );
  });

  test("without an end is refused at its limit", async () => {
    const { code, err } = await run("item create --vault Demo --title Zero --secret-file password=/dev/zero");
    expect([code, err]).toEqual([exitCodes.usage, expect.stringContaining("is longer than 524288 bytes")]);
  });
});
