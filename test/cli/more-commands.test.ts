// Environments, templates, groups, codes and keys through the command: successes, and refusals with a next step.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TEMPLATE_BYTES_MAX } from "../../clients/cli/commands/inject.ts";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { placesOf } from "../../clients/cli/text/reference-text.ts";
import { openChannel } from "../../clients/typescript/channel.ts";
import { attachPerson, PASSWORD, type Person, PIN } from "../agent/person.ts";
import { hasTool } from "../tools.ts";
import { postern, type Ran, type RunOptions } from "./postern.ts";

let home: string;
let person: Person;

const run = (words: string | readonly string[], more: Partial<RunOptions> = {}): Promise<Ran> =>
  postern(typeof words === "string" ? words.split(" ") : words, { home, ...more });
const json = (ran: Ran) => JSON.parse(ran.out) as Record<string, never>;
const at = (name: string) => join(home, name);

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "postern-c-"));
  await run("init --name Ada --kit kit.txt --password-fd 3 --pin-fd 4 --json", { secrets: [PASSWORD, PIN] });
  person = await attachPerson({
    connect: () => openChannel(join(home, "run", "agent.sock"), { name: "person", version: "1" }),
  });
  person.always("yes");
  expect((await run("vault create Demo")).code).toBe(0);
});
afterAll(async () => {
  person.leave();
  await run("agent stop");
  rmSync(home, { recursive: true, force: true });
});

test("a vault is listed with the items that are in it now", async () => {
  const count = async () => {
    const { vaults } = JSON.parse((await run("vault list --json")).out) as {
      vaults: { title: string; activeItemCount: number }[];
    };
    return vaults.find(({ title }) => title === "Counted")?.activeItemCount;
  };
  expect((await run("vault create Counted")).code).toBe(0);
  expect(await count()).toBe(0);
  for (const title of ["A", "B"]) await run(`item create --vault Counted --title ${title} --field a=b`);
  expect(await count()).toBe(2);
  await run("item archive A --vault Counted");
  expect(await count()).toBe(1);
});

describe("an environment", () => {
  test("is made of an env file, shown masked, run with, changed and exported", async () => {
    writeFileSync(at("in.env"), "# a comment\nDATABASE_URL=postgres://db\nGREETING='it is \"here\"'\n");
    expect((await run(`env import staging ${at("in.env")}`)).out).toContain("Set 2 in staging");
    expect((await run("env get staging")).out).toBe("DATABASE_URL=********\nGREETING=********\n");
    expect((await run("env get staging --reveal")).out).toContain("DATABASE_URL=postgres://db\n");
    const ran = await run([
      "env",
      "run",
      "staging",
      "--",
      "sh",
      "-c",
      'echo "$DATABASE_URL"; printf %s "$DATABASE_URL" | wc -c; exit 3',
    ]);
    expect([ran.code, ran.out]).toEqual([3, expect.stringMatching(/^<concealed[^\n]*\n13\n$/)]);
    const open = await run(["env", "run", "staging", "--no-masking", "--", "printenv", "DATABASE_URL"]);
    expect(open.out).toBe("postgres://db\n");
    expect((await run("env set staging --plain REGION=eu --secret-fd API_KEY=3", { secrets: ["abc"] })).code).toBe(0);
    writeFileSync(at("key.txt"), "from a file\n");
    expect((await run(`env set staging --secret-file FILE_KEY=${at("key.txt")}`)).code).toBe(0);
    const masked = (await run("env get staging --json")).out;
    expect(JSON.parse(masked).variables).toContainEqual({ name: "FILE_KEY", value: "********", masked: true });
    expect((await run(["env", "run", "staging", "--no-masking", "--", "printenv", "FILE_KEY"])).out).toBe(
      "from a file\n",
    );
    expect((await run("env unset staging FILE_KEY")).code).toBe(0);
    expect((await run("env unset staging DATABASE_URL NOT_THERE")).out).toContain("Took 1 away");
    // The error does not repeat the name: it may be NAME=value, written there by mistake.
    const missing = await run("env unset staging NOT_THERE");
    expect([missing.code, missing.err.includes("NOT_THERE")]).toEqual([exitCodes.notFound, false]);
    expect(missing.err).toContain("this environment has none of these variables");
    expect((await run(`env export staging --out-file ${at("out.env")}`)).code).toBe(0);
    expect(readFileSync(at("out.env"), "utf8")).toBe("GREETING='it is \"here\"'\nREGION=eu\nAPI_KEY=abc\n");
    expect(statSync(at("out.env")).mode & 0o777).toBe(0o600);
    expect(json(await run("env get staging --json")).variables).toHaveLength(3);
    expect((await run("env list")).out).toContain("staging");
    expect((await run("vault list")).out).not.toContain("staging");
  });

  test("treats a value as plain if its name only sounds like a secret's, or if the user says so", async () => {
    for (const text of ["KEYBOARD=de", "KEYCLOAK_URL=http://x", "TOKENIZERS_PARALLELISM=false", "PUBLIC_KEY[text]=abc"])
      expect((await run(["env", "set", "staging", "--plain", text])).code).toBe(0);
    expect((await run("env get staging")).out).toMatch(/^PUBLIC_KEY=abc$/m);
    for (const text of ["API_KEY=x", "dbPassword=x", "USER_PINS=x"])
      expect(await run(["env", "set", "staging", "--plain", text])).toMatchObject({ code: 2, out: "" });
  });

  test("does not set variables that control our own process", async () => {
    writeFileSync(at("evil.env"), "PATH=/nowhere\nLD_PRELOAD=x.so\nFINE=1\n");
    await run(`env import evil ${at("evil.env")}`);
    const ran = await run(["env", "run", "evil", "--no-masking", "--", "printenv"]);
    expect(ran.err).toContain("would change PATH; left out");
    expect(ran.out).toContain("FINE=1");
    expect(ran.out).not.toContain("LD_PRELOAD");
  });

  test.each([
    ["env get nowhere", 5, "env list"],
    ["env set staging", 2, "nothing to set"],
    ["env set staging --plain API_TOKEN=x", 2, "says it is a secret"],
    ["env set staging --secret API=x", 2, "takes a name alone"],
    ["env set staging --plain 1ST=x", 2, "begins with no digit"],
    ["env import staging /nowhere/at/all", 2, "could not be read"],
    ["env run staging", 2, "no command to run"],
    ["env delete staging", 2, "Delete staging for good?"],
  ])("%s ends with %i", async (words, code, text) => {
    const ran = await run(words);
    expect([ran.code, ran.err]).toEqual([code, expect.stringContaining(text)]);
  });

  test("of a file that is no env file is refused entirely, line by line", async () => {
    writeFileSync(at("bad.env"), "A=1\nthis is not one\n");
    const ran = await run(`env import fresh ${at("bad.env")}`);
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining("line 2")]);
    expect((await run("env list")).out).not.toContain("fresh");
  });

  test("is gone once it is deleted", async () => {
    await run("env create gone");
    expect((await run("env delete gone --yes")).code).toBe(0);
    expect((await run("env get gone")).code).toBe(5);
  });
});

describe("inject", () => {
  beforeAll(async () => {
    await run("item create --vault Demo --title DB --category Password --secret-fd password=3", {
      secrets: ["s3cret"],
    });
  });

  test("puts secrets where a template names them, bare or in braces, and nothing else", async () => {
    const input = 'url = op://Demo/DB/password\njson = "{{ op://Demo/DB/password }}"\nplain = op:/x and {{ y }}\n';
    expect((await run("inject", { input })).out).toBe('url = s3cret\njson = "s3cret"\nplain = op:/x and {{ y }}\n');
    writeFileSync(at("t.tpl"), input);
    expect((await run(`inject --in-file ${at("t.tpl")} --out-file ${at("t.out")}`)).out).toBe("Wrote 1 secret.\n");
    expect(statSync(at("t.out")).mode & 0o777).toBe(0o600);
  });

  test("writes nothing where one secret is missing, and names the line", async () => {
    const ran = await run(`inject --out-file ${at("none.out")}`, { input: "a\nop://Demo/Nothing/password\n" });
    expect([ran.code, ran.err]).toEqual([5, expect.stringContaining("line 2: ")]);
    expect(existsSync(at("none.out"))).toBe(false);
  });

  test.each([
    ["bytes that are no text", new Uint8Array([0xff, 0xfe]), "not UTF-8"],
    ["a dump", new Uint8Array(TEMPLATE_BYTES_MAX + 1).fill(97), "at most"],
  ])("refuses %s", async (_what, content, text) => {
    writeFileSync(at("odd.tpl"), content);
    const ran = await run(`inject --in-file ${at("odd.tpl")}`);
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(text)]);
  });

  test("finds places that never overlap, in any text", () => {
    const piece = fc.constantFrom("op://a/b/c", "{{ op://a b/c/d }}", "{{", "}}", "op://", "/", "?x=y", " ", "\n", "é");
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join("")),
        (text) => {
          let end = 0;
          for (const { at: from, length, reference } of placesOf(text)) {
            expect(from).toBeGreaterThanOrEqual(end);
            expect(text.slice(from, from + length)).toContain(reference);
            end = from + length;
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

describe("groups", () => {
  test("come to a vault and leave it again", async () => {
    expect((await run("group create Operations")).code).toBe(0);
    const words = "group grant Operations --vault Demo --permissions read_items";
    expect((await run(words)).out).toBe("Granted.\n");
    expect((await run("group delete Operations")).code).toBe(7);
    expect((await run("group revoke Operations --vault Demo")).out).toContain("change those secrets");
    expect((await run("read op://Demo/DB/password")).out).toBe("s3cret");
    const listed = (await run("group list")).out;
    for (const name of ["Owners", "Administrators", "Operations"]) expect(listed).toContain(name);
    expect((await run("group delete Operations")).code).toBe(0);
  });

  test.each([
    ["group grant Owners --vault Demo --permissions none", 2, "not known"],
    ["group grant Owners --vault Demo --permissions update_items", 2, "requires READ_ITEMS"],
    ["group grant Nobody --vault Demo --permissions read_items", 5, "group list"],
    ["group revoke Owners --vault Demo", 5, "does not come to this vault"],
    ["group delete Owners", 4, "owners and administrators stay"],
  ])("%s ends with %i", async (words, code, text) => {
    const ran = await run(words);
    expect([ran.code, ran.err]).toEqual([code, expect.stringContaining(text)]);
  });
});

describe("codes and keys", () => {
  test("a code is read of a seed", async () => {
    const secrets = ["otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"];
    const item = {
      vaultId: "",
      title: "Mail",
      category: "Login",
      fields: [{ id: "otp", title: "otp", fieldType: "Totp" }],
    };
    const { vaults } = json(await run("vault list --json")) as unknown as { vaults: { id: string; title: string }[] };
    const vaultId = vaults.find(({ title }) => title === "Demo")?.id ?? "";
    const fields = item.fields.map((field) => ({ ...field, value: secrets[0] ?? "" }));
    await person.channel.call("items.create", { item: { ...item, vaultId, fields } as never });
    expect((await run("read op://Demo/Mail/otp?attribute=otp")).out).toMatch(/^\d{6}$/);
    expect((await run("read op://Demo/Mail/otp")).out).toBe(secrets[0]);
    const refused = await run("read op://Demo/DB/password?attribute=otp");
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("TOTP-type fields")]);
  });

  test.skipIf(!hasTool("ssh-keygen"))("an SSH key is taken, and read as ssh takes it", async () => {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", at("id")]);
    const words = `item create --vault Demo --title Deploy --category sshkey --secret-file key=${at("id")}`;
    expect((await run(words)).code).toBe(0);
    const line = readFileSync(at("id.pub"), "utf8").trim();
    expect((await run(["read", "op://Demo/Deploy/public key"])).out).toBe(line);
    const openSsh = ["read", "op://Demo/Deploy/private key?ssh-format=openssh", "--out-file", at("again")];
    expect((await run(openSsh)).code).toBe(0);
    expect(execFileSync("ssh-keygen", ["-y", "-f", at("again")], { encoding: "utf8" }).trim()).toBe(line);
    const bad = await run(`item create --vault Demo --title Bad --category SshKey --secret-file key=${at("id.pub")}`);
    expect([bad.code, bad.err]).toEqual([2, expect.stringContaining("error parsing private key")]);
  });
});

describe("generate", () => {
  test.each([
    ["generate", /^[A-Za-z2-9!*\-.@_]{20}\n$/],
    ["generate --length 8 --no-symbols --no-digits", /^[A-Za-z]{8}\n$/],
    ["generate --pin 6", /^\d{6}\n$/],
    ["generate --words 4", /^[A-Za-z]+(-[A-Za-z]+){3}\n$/],
  ])("%s makes one", async (words, form) => expect((await run(words)).out).toMatch(form));

  test.each([
    ["generate --length 7", "Password length must be between 8 and 100"],
    ["generate --words 16", "Word count must be between 3 and 15"],
    ["generate --pin 2", "PIN length must be between 4 and 12"],
    ["generate --length x", "whole number"],
  ])("%s is refused", async (words, text) => {
    const ran = await run(words);
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(text)]);
  });
});
