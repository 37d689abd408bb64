// The meaning of titles and names on the command line, and the messages about them.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { saysSecret } from "../../clients/cli/items/field-words.ts";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { postern } from "./postern.ts";

let agent: RunningAgent;
let person: Person;
let token: string;

const run = (words: string | readonly string[]) =>
  postern(typeof words === "string" ? words.split(" ") : words, {
    home: agent.home,
    env: { POSTERN_SERVICE_ACCOUNT_TOKEN: token },
  });
async function well(words: string | readonly string[]): Promise<string> {
  const ran = await run(words);
  expect(ran.code, ran.err).toBe(0);
  return ran.out;
}
const idIn = (out: string) => /\b[a-z2-7]{26}\b/.exec(out)?.[0] ?? "";

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  for (const title of ["Demo", "Other"]) await person.channel.call("vaults.create", { title });
  const vaults = ["Demo", "Other"].map((vault) => ({
    vault,
    permissions: ["read_items", "write_items", "update_item_history"] as never,
  }));
  ({ token } = await person.channel.call("serviceAccounts.create", { password: PASSWORD, title: "CI", vaults }));
});
afterAll(async () => {
  person.leave();
  await agent.remove();
});

test("a title means the active item, and to unarchive an archived one", async () => {
  const make = async (value: string) => idIn(await well(`item create --vault Demo --title Db --field host=${value}`));
  const old = await make("old");
  await well("item archive Db --vault Demo");
  const present = await make("present");
  expect(await well("item get Db --vault Demo --fields host --format value")).toBe("present");
  await well("item edit Db --vault Demo --field host=changed");
  expect(await well("read op://Demo/Db/host")).toBe("changed");
  const third = await make("third");
  const { code, err } = await run("item get Db --vault Demo");
  expect(code).toBe(exitCodes.notFound);
  for (const id of [present, third, `${old} (archived)`]) expect(err).toContain(id);
  await well(`item delete ${third} --vault Demo --yes`);
  expect(JSON.parse(await well("item unarchive Db --vault Demo --json"))).toEqual({ unarchived: old });
  expect(await run("item unarchive Db --vault Demo")).toMatchObject({ code: exitCodes.notFound });
});

test("a title's control characters reach no terminal", async () => {
  const title = "\u001b[2JEvil\u0007";
  const words = ["--vault", "Demo"];
  const path = join(agent.home, "a.txt");
  writeFileSync(path, "a");
  const made = await well(["item", "create", ...words, "--title", title, "--field", "a=b"]);
  const id = idIn(made);
  const said = [
    made,
    await well(["item", "edit", id, ...words, "--field", "a=c"]),
    await well(["item", "attach", id, path, ...words]),
    await well(["item", "file", "rm", id, "a.txt", ...words]),
    await well(["item", "restore", id, "--version", "1", ...words]),
    await well(["item", "move", id, "--to", "Other", ...words]),
    await well(["item", "create", ...words, "--title", title, "--file", path]),
  ];
  for (const text of said) {
    expect(text).toContain("Evil");
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
  }
});

test("a missing thing is reported by its name, with the matching exit code", async () => {
  await well("item create --vault Demo --title Named --field a=b --field it=x");
  const rows = [
    ["item get Named --vault Demo --fields nothing", exitCodes.notFound, "does not have: nothing"],
    ["item edit Named --vault Demo --remove-field S/none", exitCodes.notFound, "does not have: S/none"],
    ["item restore Named --vault Demo --version 9", exitCodes.notFound, "not kept: 9"],
    ["item edit Named --vault Demo --field a=1 --field a=2", exitCodes.usage, "named twice: a"],
    ["item edit Named --vault Demo --field new=1 --field NEW=2", exitCodes.usage, "named twice: NEW"],
    ["item edit Named --vault Demo --field api_token=x", exitCodes.usage, "the name api_token says"],
    ["item edit Named --vault Demo --field c[totp]=x", exitCodes.usage, "are secrets: c"],
    ["env set E --plain DB_AUTH=x", exitCodes.usage, "the name DB_AUTH says"],
  ] as const;
  const misplaced = await run("item edit Named --vault Demo --remove-field password=hunter2");
  expect(misplaced).toMatchObject({ code: exitCodes.notFound, err: expect.stringContaining("not have: password\n") });
  for (const [words, code, message] of rows)
    expect(await run(words)).toMatchObject({ code, err: expect.stringContaining(message) });
});

test("a file whose name is a field's id gets another id", async () => {
  const id = idIn(await well("item create --vault Demo --title Filed --field notes.txt=field"));
  const path = join(agent.home, "notes.txt");
  writeFileSync(path, "file");
  await well(`item attach ${id} ${path} --vault Demo`);
  const shown = JSON.parse(await well(`item get ${id} --vault Demo --json`));
  const ids = [...shown.fields.map((field: { id: string }) => field.id), shown.files[0].fieldId];
  expect(new Set(ids).size).toBe(ids.length);
});

test("an env line is read back by a shell, whatever its value", async () => {
  const value = `it's "$HOME" \`id\` \\ #x`;
  await well(["item", "create", "--vault", "Demo", "--title", "Quoted", "--field", `host=${value}`]);
  const line = await well("item get Quoted --vault Demo --format env");
  const { execFileSync } = await import("node:child_process");
  expect(execFileSync("sh", ["-c", `${line}printf %s "$HOST"`]).toString()).toBe(value);
});

test.each(["seed phrase", "Seed-Phrases", "passwort", "auth", "AUTH_HEADER", "bearer", "pwd", "apikey", "DB_PWD"])(
  "%s says secret",
  (title) => expect(saysSecret(title)).toBe(true),
);
test.each(["seed", "phrase", "author", "AUTHOR", "oauthor", "bearers_of", "seedphraseology", "keyboard", "passage"])(
  "%s does not",
  (title) => expect(saysSecret(title)).toBe(title === "bearers_of"),
);
