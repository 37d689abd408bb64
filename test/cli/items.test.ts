// A day's work with items through the command: every kind of field, keys, lists. More of it is in test/soak.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { hasTool } from "../tools.ts";
import { postern, type Ran, type RunOptions } from "./postern.ts";

let agent: RunningAgent;
let person: Person;
/** A service account's token, so that nobody is asked: otherwise each of a hundred commands would wait for a proof. */
let token: string;
const TOKEN = "POSTERN_SERVICE_ACCOUNT_TOKEN";

const run = (words: string | readonly string[], more: Partial<RunOptions> = {}): Promise<Ran> =>
  postern(typeof words === "string" ? words.split(" ") : words, { home: agent.home, env: { [TOKEN]: token }, ...more });
const well = async (words: string | readonly string[], more: Partial<RunOptions> = {}): Promise<string> => {
  const ran = await run(words, more);
  expect(ran.code, ran.err).toBe(0);
  return ran.out;
};
const json = async (words: string | readonly string[]) =>
  JSON.parse(await well([...(typeof words === "string" ? words.split(" ") : words), "--json"])) as never;
type Shown = {
  id: string;
  fields: { id: string; title: string; fieldType: string; value: string; reference: string }[];
  sections: { id: string; title: string }[];
  version: number;
};
const item = (title: string, vault = "Demo") =>
  json(["item", "get", title, "--vault", vault, "--reveal"]) as Promise<Shown>;
const at = (name: string) => join(agent.home, name);
const SEED = "JBSWY3DPEHPK3PXP";

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  for (const title of ["Demo", "Other"]) await person.channel.call("vaults.create", { title });
  const vaults = ["Demo", "Other"].map((vault) => ({ vault, permissions: ["read_items", "write_items"] as const }));
  const asked = {
    password: PASSWORD,
    title: "CI",
    vaults: vaults.map((one) => ({ ...one, permissions: [...one.permissions] })),
  };
  ({ token } = await person.channel.call("serviceAccounts.create", asked));
  writeFileSync(at("seed"), `${SEED}\n`);
  writeFileSync(at("secret"), "s3cret\n");
  writeFileSync(at("card"), "4111 1111 1111 1111\n");
  await well("item create --vault Demo --title Plain --field a=b");
});
afterAll(async () => {
  person.leave();
  await agent.remove();
});

test("every kind of field is written, is read by its shown reference, and reports bad values", async () => {
  const fields = [
    "valid until[date]=2027-01-31",
    "card/expires[month-year]=08/2027",
    "card/kind[card-type]=Visa",
    'home[address]={"street":"1 Main St","city":"Springfield"}',
    "phone[phone]=+1 555 0100",
    "site[url]=https://example.com",
    "mail[email]=ada@example.com",
    "size[menu]=large",
    "see also[reference]=plain",
    "Schlüssel[text]=offen",
    "keyboard=qwerty",
    "API key (live)[text]=public",
  ].flatMap((field) => ["--field", field]);
  const secrets = ["code[totp]=seed", "card/number[card-number]=card", "Admin/password=secret"].flatMap((one) => [
    "--secret-file",
    one,
  ]);
  const asked = ["item", "create", "--vault", "Demo", "--title", "Everything", ...fields, ...secrets];
  await well(asked);
  const made = await item("Everything");
  const byTitle = new Map(made.fields.map((field) => [field.title, field]));
  expect(Object.fromEntries([...byTitle].map(([title, { fieldType }]) => [title, fieldType]))).toMatchObject({
    "valid until": "Date",
    expires: "MonthYear",
    kind: "CreditCardType",
    home: "Address",
    phone: "Phone",
    site: "Url",
    mail: "Email",
    size: "Menu",
    "see also": "Reference",
    Schlüssel: "Text",
    keyboard: "Text",
    code: "Totp",
    number: "CreditCardNumber",
    password: "Concealed",
  });
  expect(byTitle.get("see also")?.value).toBe((await item("Plain")).id);
  expect(byTitle.get("Schlüssel")?.reference).toBe("op://Demo/Everything/Schlussel");
  expect(byTitle.get("API key (live)")?.reference).toBe("op://Demo/Everything/API key live");
  for (const { reference, value } of made.fields.slice(0, 2)) expect(await well(["read", reference])).toBe(value);
  expect(await well("item get Everything --vault Demo --otp")).toMatch(/^\d{6}$/);
  const hidden = await well("item get Everything --vault Demo");
  expect(hidden).toContain("op://Demo/Everything/card/number");
  for (const secret of ["s3cret", "4111", SEED]) expect(hidden).not.toContain(secret);
  expect(await well("item get Everything --vault Demo --json")).not.toMatch(
    new RegExp(`s3cret|4111|${SEED}|"code":"\\d`),
  );
});

test("an ambiguous item or field is neither changed nor removed", async () => {
  const words = "item create --vault Demo --title Db --category Database";
  await well(`${words} --secret-file one/password=secret --secret-file two/password=secret`);
  expect((await run("read op://Demo/Db/password")).code).toBe(exitCodes.notFound);
  expect(await well("read op://Demo/Db/two/password")).toBe("s3cret");
  writeFileSync(at("new"), "changed\n");
  for (const change of ["--secret-file password=new", "--remove-field password"]) {
    const ran = await run(`item edit Db --vault Demo ${change}`);
    expect([ran.code, ran.err]).toEqual([exitCodes.notFound, expect.stringContaining("say which: one/")]);
  }
  expect((await item("Db")).version).toBe(1);
  await well("item edit Db --vault Demo --secret-file two/password=new");
  await well("item edit Db --vault Demo --remove-field one/password");
  expect((await item("Db")).fields.map(({ value }) => value)).toEqual(["changed"]);
});

test.skipIf(!hasTool("ssh-keygen"))(
  "a key is made in the item, and its public half is what ssh-keygen says",
  async () => {
    const made = (await json("item create --vault Demo --title Deploy --category SshKey --generate ed25519")) as {
      publicKey: string;
    };
    expect(made.publicKey).toMatch(/^ssh-ed25519 /);
    expect(await well("cat op://Demo/Deploy/public_key")).toBe(made.publicKey);
    expect(await well(["read", "op://Demo/Deploy/private key?ssh-format=openssh"])).toContain("OPENSSH PRIVATE KEY");
  },
);

test("a list covers all vaults, by title, and can be searched", async () => {
  await well("item create --vault Other --title beta --category Database --tag work/ci --field a=b");
  await well("item create --vault Demo --title Alpha --tag work --field a=b");
  const titles = async (more: string) =>
    ((await json(`ls${more}`)) as { items: { title: string }[] }).items.map(({ title }) => title);
  const all = await titles("");
  expect(all.indexOf("Alpha")).toBeLessThan(all.indexOf("beta"));
  expect(await titles(" --tag WORK")).toEqual(["Alpha", "beta"]);
  expect(await titles(" --search ALPH")).toEqual(["Alpha"]);
  expect(await titles(" --category database --vault Other")).toEqual(["beta"]);
  expect(await well("item ls --search beta")).toMatch(
    /^ID +TITLE +VAULT +CATEGORY +CHANGED\n\S+ +beta +Other +Database +\d{4}-\d\d-\d\d \d\d:\d\d\n$/,
  );
  expect(await run("ls --category nothing")).toMatchObject({ code: 2 });
  await well("rm beta --vault Other --yes");
  expect(await titles(" --vault Other")).toEqual([]);
});
