// postern lint: the files of a project judged with and without an agent, and what a person is asked for it.
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exitCodes } from "../../clients/cli/terminal/exit-code.ts";
import { attachPerson, makeAccount, PASSWORD, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { postern, type Ran, type RunOptions } from "./postern.ts";

/** Stands in clear in a file. No output has any part of it. */
const TOKEN = ["ghp", "aB3dE5gH7jK9mN1pQ3sT5vX7zA9cE1gH3jK5"].join("_");
const VALUE = "m4rked-value";

let agent: RunningAgent;
let person: Person;
let project: string;

const lint = (words: string, more: Partial<RunOptions> = {}): Promise<Ran> =>
  postern(["lint", ...words.split(" ").filter((word) => word !== "")], { home: agent.home, cwd: project, ...more });
const put = (path: string, content: string | Uint8Array) => {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  writeFileSync(join(project, path), content);
};
type Found = { path: string; line: number; rule: string; message: string; next: string };
const json = (ran: Ran) => JSON.parse(ran.out) as { findings: Found[]; files: number; compared: boolean };
const short = (ran: Ran) => json(ran).findings.map(({ path, line, rule }) => `${path}:${line} ${rule}`);

/** A lock ends all grants. */
async function forgetGrants(): Promise<void> {
  const channel = await agent.connect();
  await channel.call("session.lock", {});
  person.leave();
  await channel.call("session.unlock", { password: PASSWORD });
  channel.close();
  person = await attachPerson(agent);
}

beforeAll(async () => {
  agent = await startAgent(mkdtempSync(join(tmpdir(), "postern-li-")));
  project = mkdtempSync(join(tmpdir(), "postern-lp-"));
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  const { channel } = person;
  const { id: vaultId } = await channel.call("vaults.create", { title: "Demo" });
  for (const title of ["Work", "Twin", "Twin"]) await channel.call("vaults.create", { title });
  const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: VALUE }];
  const make = (title: string) =>
    channel.call("items.create", { item: { vaultId, title, category: "Password", fields } });
  for (const title of ["Database", "Double", "Double"]) await make(title);
  await channel.call("items.archive", { vaultId, itemId: (await make("Old")).id });
  put(
    "good.env",
    `A=op://Demo/Database/password\nB=op://\${VAULT}/db/password\nC=op://Work/x/y # postern-lint-ignore\n`,
  );
  put("bad.env", "A=op://Demo/Databse/password\nB=op://demo/Double/password\nC=op://Demo/Old/password\nD=op://Demo\n");
  put("vaults.env", "A=op://Nowhere/x/y\nB=op://Twin/x/y\nC=op://Demo/Database/password\n");
  put("one.env", "A=op://Twin/x/y\n");
  put("code.ts", `const token = "${TOKEN}";\n`);
  put("clean.ts", "export const one = 1;\n");
});
afterAll(async () => {
  person.leave();
  await agent.remove();
  for (const folder of [project, agent.home]) rmSync(folder, { recursive: true, force: true });
});

describe("without an agent", () => {
  test("the text alone is judged, it says so, and no agent is started", async () => {
    const home = mkdtempSync(join(tmpdir(), "postern-ln-"));
    const ran = await lint("bad.env --json", { home });
    expect([ran.code, short(ran), json(ran).compared]).toEqual([
      exitCodes.found,
      ["bad.env:4 reference-malformed"],
      false,
    ]);
    expect(ran.err).toContain("only the text was judged");
    expect(ran.err).toContain("no agent runs");
    expect(existsSync(join(home, "run"))).toBe(false);
    rmSync(home, { recursive: true, force: true });
  });

  test("files without references need none, and nothing is said", async () => {
    expect(await lint("clean.ts", { home: "/nonexistent" })).toEqual({ code: 0, out: "", err: "" });
  });
});

describe("with an agent", () => {
  test("one question asks for the names of all vaults, and the person reads which", async () => {
    await forgetGrants();
    person.always("yes");
    const ran = await lint(". --json");
    expect(person.seen).toHaveLength(1);
    const text = person.seen[0]?.text.join("\n") ?? "";
    expect(text).toContain("names");
    for (const vault of ["Demo", "Nowhere", "Twin"]) expect(text).toContain(vault);
    expect(short(ran)).toEqual([
      "bad.env:1 reference-dangling",
      "bad.env:2 reference-ambiguous",
      "bad.env:3 reference-archived",
      "bad.env:4 reference-malformed",
      "code.ts:1 secret-in-clear",
      "one.env:1 reference-ambiguous",
      "vaults.env:1 reference-dangling",
      "vaults.env:2 reference-ambiguous",
    ]);
    const { findings } = json(ran);
    expect(findings[0]?.next).toContain('"Database"');
    // After the first vault that leads to none, the agent says no more about others without a wider yes.
    expect(findings.at(-2)?.message).toContain("or several have it");
    expect(ran.code).toBe(exitCodes.found);
  });

  test("a vault whose title several have is ambiguous where it is asked for alone", async () => {
    expect(short(await lint("one.env --json"))).toEqual(["one.env:1 reference-ambiguous"]);
  });

  test("good references end with code 0 and no output", async () => {
    expect(await lint("good.env")).toMatchObject({ code: 0, out: "" });
  });

  test("--offline asks nobody", async () => {
    await forgetGrants();
    const ran = await lint("good.env bad.env --offline --json");
    expect([person.seen.length, short(ran)]).toEqual([0, ["bad.env:4 reference-malformed"]]);
    expect(ran.err).toContain("--offline");
  });

  test("a no leaves what the text shows, and is told", async () => {
    await forgetGrants();
    person.always("no");
    const ran = await lint("bad.env --json");
    expect([person.seen.length, short(ran), json(ran).compared]).toEqual([1, ["bad.env:4 reference-malformed"], false]);
    expect(ran.err).toContain("only the text was judged");
  });

  test("a locked account leaves what the text shows", async () => {
    await forgetGrants();
    await person.channel.call("session.lock", {});
    const ran = await lint("bad.env --json");
    expect(short(ran)).toEqual(["bad.env:4 reference-malformed"]);
    expect(ran.err).toContain("locked");
    await person.channel.call("session.unlock", { password: PASSWORD });
    await forgetGrants();
  });

  test.each([
    [100, false],
    [101, true],
  ])("of %s vaults, one question has room for a hundred, and the rest is told: %s", async (count, isTold) => {
    person.always("no");
    put("many.env", Array.from({ length: count }, (_, index) => `A=op://Vault${index}/x/y\n`).join(""));
    const { err } = await lint("many.env");
    rmSync(join(project, "many.env"));
    expect(err.includes("those of 1 more are not")).toBe(isTold);
    expect(err).toContain("only the text was judged");
  });

  test("a wrong token ends it", async () => {
    const ran = await lint("good.env", { env: { POSTERN_SERVICE_ACCOUNT_TOKEN: "nonsense" } });
    expect([ran.code, ran.out]).toEqual([exitCodes.usage, ""]);
  });
});

describe("the result", () => {
  test("for a person is a line with the place, the rule and the fault, and a next step", async () => {
    const { out, code } = await lint("bad.env code.ts --offline");
    expect(code).toBe(exitCodes.found);
    expect(out).toMatch(
      /^bad\.env:4:3 reference-malformed .+\n {2}next: .+\ncode\.ts:1:16 secret-in-clear .+\n {2}next: .+\n$/,
    );
  });

  test("as SARIF has the same findings", async () => {
    const { out, code } = await lint("bad.env code.ts --offline --sarif");
    expect(code).toBe(exitCodes.found);
    const [run] = (JSON.parse(out) as { runs: { results: { ruleId: string }[] }[] }).runs;
    expect(run?.results.map(({ ruleId }) => ruleId)).toEqual(["reference-malformed", "secret-in-clear"]);
  });

  test.each(["", "--json", "--sarif"])("with %s has no part of a secret or a value", async (form) => {
    person.always("yes");
    const { out, err } = await lint(`. ${form}`);
    for (const secret of [TOKEN, TOKEN.slice(4, 16), VALUE]) expect(out + err).not.toContain(secret);
    expect(out).toContain("secret-in-clear");
  });

  test.each(["", "--json", "--sarif"])(
    "with %s shows a vault's name in a file as text that does nothing",
    async (form) => {
      person.always("yes");
      put("hostile/a.env", "A='op://No\u009b31m\u202eVault\u200b/DB/password'\n");
      const { out } = await lint(`hostile ${form}`);
      expect(out).toContain("reference-");
      expect(out.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    },
  );

  test("names what was not read", async () => {
    put("rest/latin.txt", new Uint8Array([0x41, 0xe9]));
    put("rest/a.bin", new Uint8Array([0]));
    put("rest/long.txt", Buffer.alloc(10 * 1024 * 1024 + 1, 0x41));
    symlinkSync(join(project, "code.ts"), join(project, "rest", "link.ts"));
    const { out, err, code } = await lint("rest");
    expect([out, code]).toEqual(["", 0]);
    expect(err).toContain("rest/latin.txt: it is not UTF-8");
    expect(err).toContain("rest/long.txt: it has more than 10 MiB");
    expect(err).toContain("1 file is no text");
    expect(err).not.toContain("link.ts");
  });
});

describe("a mistake in the command line", () => {
  beforeAll(forgetGrants);

  test.each([
    ["nothing.env", "nothing.env could not be read (ENOENT)"],
    ["good.env nothing", "nothing could not be read (ENOENT)"],
    ["good.env --sarif --json", "two forms"],
    ["good.env --nonsense", "unknown option"],
  ])("%s is refused before anything is asked", async (words, message) => {
    const ran = await lint(words);
    expect([ran.code, ran.out, person.seen.length]).toEqual([exitCodes.usage, "", 0]);
    expect(ran.err).toContain(message);
  });
});
