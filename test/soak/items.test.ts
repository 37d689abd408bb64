// More of a day's work with items through the command: refusals, values in every form, and files. Each command starts its own process, which takes
// too long for the gate.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { postern, type Ran, type RunOptions } from "../cli/postern.ts";

let agent: RunningAgent;
let person: Person;

const run = (words: string | readonly string[], more: Partial<RunOptions> = {}): Promise<Ran> =>
  postern(typeof words === "string" ? words.split(" ") : words, { home: agent.home, ...more });
const well = async (words: string | readonly string[], more: Partial<RunOptions> = {}): Promise<string> => {
  const ran = await run(words, more);
  expect(ran.code, ran.err).toBe(0);
  return ran.out;
};
const json = async (words: string | readonly string[]) =>
  JSON.parse(await well([...(typeof words === "string" ? words.split(" ") : words), "--json"])) as never;
type Shown = {
  id: string;
  fields: { id: string; title: string; fieldType: string; value: string }[];
  sections: { id: string; title: string }[];
};
const item = (title: string, vault = "Demo") =>
  json(["item", "get", title, "--vault", vault, "--reveal"]) as Promise<Shown>;
const at = (name: string) => join(agent.home, name);

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  for (const title of ["Demo", "Other"]) await person.channel.call("vaults.create", { title });
  writeFileSync(at("secret"), "s3cret\n");
  writeFileSync(at("new"), "changed\n");
  writeFileSync(at("seed"), "JBSWY3DPEHPK3PXP\n");
  await well("item create --vault Demo --title Plain --field a=b");
});
afterAll(async () => {
  person.leave();
  await agent.remove();
});

test.each([
  ["--field when[date]=tomorrow", "the field when: invalid date format. must be YYYY-MM-DD"],
  ["--field when[month-year]=13/2027", "the field when: error parsing month-year field: invalid month"],
  ["--field when[time]=now", "hold no kind of field"],
  ["--field code[totp]=x", "fields of this kind are secrets"],
  ["--field number[card-number]=x", "fields of this kind are secrets"],
  ["--field api_token=x", "where it is none, say its kind: --field 'NAME[text]=VALUE'"],
  ["--secret-file code[totp]=secret", "makes no one-time password"],
  ["--generate ed25519", "--generate makes the key of an SshKey item"],
  ["--category SshKey --generate dsa", "--generate takes one of ed25519, rsa-2048"],
])("an item with %s is not made", async (words, message) => {
  const ran = await run(`item create --vault Demo --title Never ${words}`);
  expect([ran.code, ran.err]).toEqual([exitCodes.usage, expect.stringContaining(message)]);
  expect(ran.err).not.toContain("s3cret");
});

test("values come as env, JSON or alone, by name", async () => {
  const words = ["item", "create", "--vault", "Demo", "--title", "Api", "--field", "user name=it is 'Ada'"];
  await well([...words, "--secret-file", "password=secret", "--field", "url[url]=https://x"]);
  const get = (more: string) => run(`item get Api --vault Demo ${more}`);
  expect((await get("--fields url,password --format env")).out).toBe("URL=https://x\nPASSWORD=s3cret\n");
  expect(JSON.parse((await get("--format json")).out)).toMatchObject({
    "user name": "it is 'Ada'",
    password: "s3cret",
  });
  expect((await get("--fields password --format value")).out).toBe("s3cret");
  expect((await get("--fields password,url --format value")).out).toBe("s3cret\nhttps://x\n");
  expect((await get("--format env")).out).toContain(`USER_NAME="it is 'Ada'"\n`);
  expect(await get("--fields nothing --format value")).toMatchObject({ code: exitCodes.notFound, out: "" });
  expect(await get("--format yaml")).toMatchObject({ code: 2, err: expect.stringContaining("env, json, value") });
  expect(await get("--otp")).toMatchObject({ code: exitCodes.notFound, out: "" });
});

describe("files and websites", () => {
  test("are added, shown, read and taken away", async () => {
    mkdirSync(at("twice"));
    writeFileSync(at("codes.txt"), "1234\n");
    writeFileSync(at("Größe.bin"), Buffer.from([0, 255, 1]));
    writeFileSync(at("twice/codes.txt"), "other\n");
    await well("item create --vault Demo --title Site --url https://one.example --field a=b");
    expect(await well(`item attach Site ${at("codes.txt")} ${at("Größe.bin")} --vault Demo`)).toContain("version 3");
    const shown = await well("item get Site --vault Demo");
    expect(shown).toContain("website: https://one.example");
    expect(shown).toContain("op://Demo/Site/codes.txt");
    const [reference = ""] = /(?<=Größe.*)op:.*/.exec(shown) ?? [];
    await run(["read", reference], { stdout: at("out") });
    expect(readFileSync(at("out"))).toEqual(readFileSync(at("Größe.bin")));
    const refused = [
      [`item attach Site ${at("twice/codes.txt")} --vault Demo`, "has a file of one of these names"],
      [`item attach Site ${at("nothing")} --vault Demo`, "could not be read (ENOENT)"],
      [`item attach Site ${at("codes.txt")} --vault Demo --section Nowhere`, "names a section that the item does not"],
      ["item file rm Site nothing --vault Demo", "the item has no such file"],
      ["item edit Site --vault Demo --remove-url https://two.example", "names a website that the item does not have"],
      ["item edit Site --vault Demo --remove-tag none", "names a tag that the item does not have"],
    ] as const;
    for (const [words, message] of refused)
      expect(await run(words)).toMatchObject({ code: expect.toBeOneOf([2, 5]), err: expect.stringContaining(message) });
    await well("item file rm Site codes.txt --vault Demo");
    await well("item edit Site --vault Demo --url https://two.example --remove-url https://one.example --tag work");
    const left = await well("item get Site --vault Demo");
    expect(left).toContain("website: https://two.example");
    expect(left).not.toMatch(/one\.example|codes\.txt/);
  });
});

test("a move takes everything along, and the item gets another id", async () => {
  writeFileSync(at("large"), Buffer.alloc(1024 * 1024 + 3, 7));
  const words = "item create --vault Demo --title Moving --url https://m.example --tag a --notes-file secret";
  await well(`${words} --secret-file s/password=secret --secret-file code[totp]=seed`);
  await well(`item attach Moving ${at("large")} --vault Demo`);
  const before = await item("Moving");
  expect(await run("item move Moving --vault Demo --to Demo")).toMatchObject({ code: 2 });
  const moved = (await json("item move Moving --vault Demo --to Other")) as { id: string };
  const after = await item("Moving", "Other");
  expect(after.id).toBe(moved.id);
  expect(after.id).not.toBe(before.id);
  const content = ({ fields, sections }: Shown) => [
    sections,
    fields.map(({ id, title, value, fieldType }) => ({ id, title, value, fieldType })),
  ];
  expect(content(after)).toEqual(content(before));
  await run(["read", "op://Other/Moving/large"], { stdout: at("out") });
  expect(Buffer.compare(readFileSync(at("out")), readFileSync(at("large")))).toBe(0);
  expect((await run("item get Moving --vault Demo")).code).toBe(exitCodes.notFound);
});

test("an item comes out of the archive, and an earlier version of it back", async () => {
  await well("item create --vault Demo --title Old --secret-file password=secret");
  await well("item edit Old --vault Demo --secret-file password=new");
  await well("item archive Old --vault Demo");
  expect((await run("read op://Demo/Old/password")).code).toBe(exitCodes.notFound);
  await well("item unarchive Old --vault Demo");
  expect(await well("read op://Demo/Old/password")).toBe("changed");
  expect(await well("item history Old --vault Demo")).toMatch(/^VERSION +WRITTEN\n4 .* now\n3 .*\n2 .*\n1 .*\n$/);
  await well("item restore Old --vault Demo --version 1");
  expect(await well("read op://Demo/Old/password")).toBe("s3cret");
  const kept = await run("item restore Old --vault Demo --version 99");
  expect(kept).toMatchObject({ code: exitCodes.notFound, err: expect.stringContaining("kept are 5, 4, 3, 2, 1") });
  expect(await run("item restore Old --vault Demo --version latest")).toMatchObject({ code: 2 });
});

test("an item that cannot be taken out of its vault stays, and no copy of it", async () => {
  await well("item create --vault Demo --title Stays --secret-file password=secret");
  const vaults = [
    { vault: "Demo", permissions: ["read_items" as const] },
    { vault: "Other", permissions: ["read_items" as const, "write_items" as const] },
  ];
  const { token } = await person.channel.call("serviceAccounts.create", { password: PASSWORD, title: "CI", vaults });
  const env = { POSTERN_SERVICE_ACCOUNT_TOKEN: token };
  expect(await run("item move Stays --vault Demo --to Other", { env })).toMatchObject({
    code: exitCodes.denied,
    out: "",
  });
  expect(await well("read op://Demo/Stays/password", { env })).toBe("s3cret");
  expect(await well("ls --vault Other --json", { env })).not.toContain("Stays");
  expect(await well("whoami", { env })).toMatch(/^A service account, by the token that is set\n {2}id +\S{26}\n/);
});

test("a document moves with its file and what was added to it", async () => {
  await well(`item create --vault Demo --title Doc --file ${at("secret")}`);
  await well("item edit Doc --vault Demo --field note=kept");
  await well("item move Doc --vault Demo --to Other --archive");
  expect(await well("read op://Other/Doc/secret")).toBe("s3cret\n");
  expect(await well("read op://Other/Doc/note")).toBe("kept");
  expect(await well("ls --archived --vault Demo")).toContain("Doc");
});

test("an earlier version comes back with the file that was taken out since", async () => {
  await well("item create --vault Demo --title Filed --field a=b");
  await well(`item attach Filed ${at("secret")} --vault Demo`);
  await well("item file rm Filed secret --vault Demo");
  expect((await run("read op://Demo/Filed/secret")).code).toBe(exitCodes.notFound);
  await well("item restore Filed --vault Demo --version 2");
  expect(await well("read op://Demo/Filed/secret")).toBe("s3cret\n");
});

test("a person is told who they are", async () => {
  expect(await well("whoami")).toMatch(/^Ada\n {2}id +\S{26}\n {2}account +\S{26}, unlocked\n {2}service +embedded/);
  expect(await json("whoami")).toMatchObject({ kind: "person", accounts: [{ name: "Ada" }] });
});
