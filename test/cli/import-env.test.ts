// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables in references are what is tested.
// The imports of env files through the command. An import touches only its own items. It is done whole or not at all. The written references
// resolve to the imported values.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attachPerson, makeAccount, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { command as main } from "../programs.ts";
import { postern, type Ran, type RunOptions } from "./postern.ts";

let agent: RunningAgent;
let person: Person;
let folder: string;

const run = (words: string | readonly string[], more: Partial<RunOptions> = {}): Promise<Ran> =>
  postern(typeof words === "string" ? words.split(" ") : words, { home: agent.home, cwd: folder, ...more });
const json = <T>(ran: Ran): T => JSON.parse(ran.out) as T;
const file = (name: string, content: string | Buffer) => writeFileSync(join(folder, name), content);
const text = (name: string) => readFileSync(join(folder, name), "utf8");

type Imported = { created: number; changed: number; unchanged: number; variables: Record<string, string> };

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  folder = mkdtempSync(join(tmpdir(), "postern-i-"));
  for (const vault of ["Demo", "V"]) expect((await run(["vault", "create", vault])).code).toBe(0);
  const made = await run(
    "item create --vault V --title I --category Login --field username=ada --secret-fd password=3",
    {
      secrets: ["p@ss'word"],
    },
  );
  expect(made.code).toBe(0);
});
afterAll(async () => {
  person.leave();
  await agent.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe("import env", () => {
  test("leaves a foreign item of the same title alone, and is read by its own reference", async () => {
    await run("item create --vault Demo --title github --category Login --secret-fd password=3", {
      secrets: ["login"],
    });
    mkdirSync(join(folder, "shop"));
    file("shop/.env", "github=token\n");
    const ran = await run("import env shop/.env --vault Demo --json");
    expect(ran.code).toBe(0);
    expect(ran.err).toContain(
      'line 1: github: another item has this title and stays as it is; this one is called "github shop"',
    );
    expect((await run("read op://Demo/github/password")).out).toBe("login");
    expect((await run(["read", json<Imported>(ran).variables.github ?? ""])).out).toBe("token");
    const again = json<Imported>(await run("import env shop/.env --vault Demo --json"));
    expect(again).toMatchObject({ created: 0, changed: 0, unchanged: 1, variables: json<Imported>(ran).variables });
  });

  test("keeps the values of two projects apart, also after one has changed, and finds a project that moved by its name", async () => {
    for (const project of ["one", "two"]) {
      mkdirSync(join(folder, project));
      file(`${project}/.env`, `DATABASE_URL=of ${project}\n`);
      expect((await run(`import env ${project}/.env --vault Demo`)).code).toBe(0);
    }
    file("two/.env", "DATABASE_URL=changed\n");
    expect(json(await run("import env two/.env --vault Demo --json"))).toMatchObject({ created: 0, changed: 1 });
    const value = async (project: string) =>
      (await run(`run --no-masking --env-file ${project}/.env.postern -- printenv DATABASE_URL`)).out;
    expect(await value("one")).toBe("of one\n");
    expect(await value("two")).toBe("changed\n");
    mkdirSync(join(folder, "named"));
    file("named/.env", "NAMED=1234567\n");
    expect(json(await run("import env named/.env --vault Demo --source named --json"))).toMatchObject({ created: 1 });
    renameSync(join(folder, "named"), join(folder, "moved"));
    expect(json(await run("import env moved/.env --vault Demo --source named --json"))).toMatchObject({ unchanged: 1 });
  });

  test("knows the item of a variable by its name, and not by a title that another variable's item has", async () => {
    const imported = async (content: string, words = "") => {
      file("names.env", content);
      const ran = await run([
        ..."import env names.env --vault Demo --json".split(" "),
        ...(words === "" ? [] : ["--prefix", words]),
      ]);
      expect(ran.code).toBe(0);
      return json<Imported>(ran);
    };
    const read = async (reference = "") => (await run(["read", reference])).out;
    const blank = await imported("B=valueofb\n", "A ");
    const glued = await imported("B2=valueofb2\n", "x");
    const first = await imported("A=valueofa\n");
    const second = await imported("xB2=valueofxb2\n");
    expect([first, second]).toMatchObject(Array(2).fill({ created: 1, changed: 0 }));
    for (const [reference, value] of [
      [blank.variables.B, "valueofb"],
      [glued.variables.B2, "valueofb2"],
      [second.variables.xB2, "valueofxb2"],
      [first.variables.A, "valueofa"],
    ] as const)
      expect(await read(reference)).toBe(value);
    // Without the prefix the same variable still has the same item.
    expect(await imported("B=valueofb\nB2=valueofb2\n")).toMatchObject({ created: 0, changed: 0, unchanged: 2 });
  });

  test("with two items that are tagged as one variable imports nothing, and names both", async () => {
    file("twice.env", "TWICE=a value\n");
    expect((await run("import env twice.env --vault Demo")).code).toBe(0);
    const channel = await agent.connect();
    const { id, vaultId } = json<{ id: string; vaultId: string }>(await run("item get TWICE --vault Demo --json"));
    const { title, category, tags } = await channel.call("items.get", { vaultId, itemId: id });
    const { outcomes } = await channel.call("items.createAll", {
      vaultId,
      items: [{ vaultId, title, category, tags }],
    });
    channel.close();
    const other = (outcomes[0] as { id: string }).id;
    file("twice.env", "TWICE=another value\n");
    const ran = await run("import env twice.env --vault Demo");
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining("line 1: TWICE: two items")]);
    for (const one of [id, other]) expect(ran.err).toContain(one);
    expect((await run(`read op://Demo/${id}/password`)).out).toBe("a value");
  });

  test("with --dry-run says what each line means, and does nothing", async () => {
    file("dry.env", "FRESH_ONE='a b' # why\nFRESH_TWO=$x\nFRESH_ONE=c\n");
    const before = (await run("item list --vault Demo --json")).out;
    const ran = await run("import env dry.env --vault Demo --dry-run");
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.out).toMatch(/^LINE +NAME +QUOTES +CHARACTERS +KIND +OUTCOME\n/);
    expect(ran.out).toMatch(/^3 +FRESH_ONE +none +1 +secret +create$/m);
    expect(ran.err).toContain("line 1: FRESH_ONE: set again in line 3, which counts");
    expect(ran.err).toContain("line 1: FRESH_ONE: what stands behind the value is a comment");
    expect(ran.err).toContain("line 2: FRESH_TWO: $ stays as it is");
    expect((await run("item list --vault Demo --json")).out).toBe(before);
    expect(existsSync(join(folder, "dry.env.postern"))).toBe(false);
  });
});

describe("import env, where the file with references cannot be written,", () => {
  test("undoes everything that it made and changed, and says so", async () => {
    file("full.env", "FULL_OLD=first value\n");
    expect((await run("import env full.env --vault Demo")).code).toBe(0);
    file("full.env", "FULL_OLD=second value\nFULL_NEW=new value\n");
    const ran = await run("import env full.env --vault Demo --out-file /dev/full");
    expect([ran.code, ran.out]).toEqual([2, ""]);
    expect(ran.err).toContain("nothing was imported; /dev/full could not be written (ENOSPC)");
    expect((await run("item list --vault Demo --json")).out).not.toContain("FULL_NEW");
    expect((await run("read op://Demo/FULL_OLD/password")).out).toBe("first value");
  });

  test("does so too for its own file, and leaves no part of it", async () => {
    mkdirSync(join(folder, "small"));
    file("small/.env", "SMALL=a value\n");
    // No file may grow any more, as on a full disk.
    const words = ["-c", 'ulimit -f 0; exec "$@"', "sh", process.execPath, "--no-warnings", "--", main];
    const env = { HOME: agent.home, POSTERN_HOME: agent.home, PATH: process.env.PATH ?? "" };
    const child = spawn("sh", [...words, "import", "env", "small/.env", "--vault", "Demo"], {
      cwd: folder,
      env,
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let err = "";
    child.stderr.on("data", (chunk: Buffer) => {
      err += chunk.toString();
    });
    const [code] = await once(child, "close");
    expect([code, err]).toEqual([
      2,
      expect.stringContaining("nothing was imported; small/.env.postern could not be written (EFBIG)"),
    ]);
    expect((await run("item list --vault Demo --json")).out).not.toContain("SMALL");
    expect(readdirSync(join(folder, "small"))).toEqual([".env"]);
  });
});

describe("env import", () => {
  test("leaves no environment behind after a refused line or name", async () => {
    for (const [content, why] of [
      ["A=1\nnonsense\n", "line 2"],
      ["A=1\napi.host=2\n", "line 2"],
      ["A='it's'\n", "line 1"],
      [Array.from({ length: 201 }, (_, index) => `V${index}=x`).join("\n"), "at most 200 variables"],
    ] as const) {
      file("bad.env", content);
      const ran = await run("env import fresh bad.env");
      expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(why)]);
    }
    expect((await run("env list")).out).not.toContain("fresh");
  });

  test("masks possible secrets and nothing else, all in one step", async () => {
    file("mask.env", "DEBUG=true\nPORT=5432\nREGION=frankfurt\nTOKEN=abcdef\nTOKEN=abcdefg\n");
    const ran = await run("env import masked mask.env --plain REGION");
    expect([ran.code, ran.err]).toEqual([0, expect.stringContaining("line 4: TOKEN: set again in line 5")]);
    expect((await run("env get masked")).out).toBe("DEBUG=true\nPORT=5432\nREGION=frankfurt\nTOKEN=********\n");
    expect((await run(["env", "run", "masked", "--", "sh", "-c", "echo $DEBUG $PORT $REGION $TOKEN"])).out).toBe(
      "true 5432 frankfurt <concealed by postern>\n",
    );
  });
});

test.each(["run --env-file - -- env", "import env - --vault Demo", "env import dash -", "inject --in-file -"])(
  "%s says how standard input is named",
  async (words) => {
    const ran = await run(words, { input: "A=1\n" });
    expect([ran.code, ran.out]).toEqual([2, ""]);
    expect(ran.err).toContain("next: for standard input, name /dev/stdin");
  },
);

test("run reports a quote that closed lines later and swallowed a variable", async () => {
  file("swallow.env", 'A="abc\nB=def"\nC=1\n');
  const ran = await run("run --env-file swallow.env -- printenv C");
  expect([ran.code, ran.out]).toEqual([0, "1\n"]);
  expect(ran.err).toBe(
    "postern: lines 1 to 2 of swallow.env: A: lines inside its quotes look like variables of their own; a quote may be missing\n",
  );
});

test("import env keeps a comment in place of a value as a comment when the line gets a reference", async () => {
  file("blank.env", "BLANK= # first\nBLANK=real-secret\n");
  expect((await run("import env blank.env --vault Demo")).code).toBe(0);
  expect(text("blank.env.postern")).toBe("BLANK=op://Demo/BLANK/password # first\nBLANK=op://Demo/BLANK/password\n");
  expect((await run("run --no-masking --env-file blank.env.postern -- printenv BLANK")).out).toBe("real-secret\n");
});

describe("a reference in practice", () => {
  test("may use variables of the environment and of env files, and may stand inside values of both", async () => {
    file(
      "refs.env",
      "VAULT=V\nPW=op://${VAULT}/${ITEM:-I}/password\nURL=postgres://{{ op://V/I/username }}:{{op://$VAULT/I/password}}@db\n",
    );
    const env = { OWN: "<{{ op://V/I/username | shell }}>", ODD: '"op://V/I/password"' };
    const ran = await run(["run", "--no-masking", "--env-file", "refs.env", "--", "sh", "-c", 'echo "$PW $URL $OWN"'], {
      env,
    });
    expect(ran.out).toBe("p@ss'word postgres://ada:p@ss'word@db <'ada'>\n");
    expect(ran.err).toBe(
      "postern: the value of ODD looks like a reference and is none: it begins with op://, or stands in {{ }}\n",
    );
    const hidden = await run(["run", "--env-file", "refs.env", "--", "sh", "-c", 'echo "$URL"']);
    expect(hidden.out).toContain("<concealed by postern>@db");
    expect((await run("env import refs refs.env")).code).toBe(0);
    expect((await run(["env", "run", "refs", "--no-masking", "--", "printenv", "URL"])).out).toBe(
      "postgres://ada:p@ss'word@db\n",
    );
    // A masked variable is hidden whole. For a reference its own field decides.
    const whole = await run(["env", "run", "refs", "--", "sh", "-c", 'echo "$URL|$VAULT"; printf %s "$PW"']);
    expect(whole.out).toBe("<concealed by postern>|V\n<concealed by postern>");
  });

  test.each([
    [{ X: "op://${NOT_SET}/I/password" }, 2, "X: the variable NOT_SET in its reference is not set"],
    [{ X: "op://V/I/gone", Y: "a{{ op://V/I/gone }}" }, 5, "X, Y: "],
    [{ X: "{{ op://V/I/password | xml }}" }, 2, "X: "],
  ])("that cannot be resolved in %j starts nothing and is reported by name", async (env, code, why) => {
    const ran = await run("run -- echo started", { env });
    expect([ran.code, ran.out, ran.err]).toEqual([code, "", expect.stringContaining(why)]);
  });
});

describe("inject", () => {
  const inject = (input: string, words = "inject", more: Partial<RunOptions> = {}) => run(words, { input, ...more });

  test("begins no reference inside a word, fills variables in, and keeps a byte order mark and line ends", async () => {
    const template = "\ufeffa-op://V/I/password \\op://V/I/password\r\nu=op://$VAULT/I/username,\r\n";
    const { out } = await inject(template, "inject", { env: { VAULT: "V" } });
    expect(out).toBe("\ufeffa-op://V/I/password \\op://V/I/password\r\nu=ada,\r\n");
  });

  test("reports by line any text that looks like a reference and stays unchanged", async () => {
    const { code, out, err } = await inject("op://V/I/username\nOP://V/I/username\nüop://V/I/username\nop://Demo\n");
    expect([code, out]).toEqual([0, "ada\nOP://V/I/username\nüop://V/I/username\nop://Demo\n"]);
    expect(err).toBe(
      "postern: lines 2, 4: what looks like a reference there is none, and stays as it is: one is op://vault/item/field, or stands in {{ }}\n",
    );
    const many = await inject("op://no\n".repeat(11));
    expect(many.err).toContain("lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 1 more: ");
  });

  test("escapes for JSON, YAML and a shell when a place asks for it", async () => {
    const template = `{"a": {{ op://V/I/password | json }}, "b": "<{{ op://V/I/password | json }}>"}\nA={{ op://V/I/password | shell }}\n`;
    expect((await inject(template)).out).toBe(`{"a": "p@ss'word", "b": "<p@ss'word>"}\nA='p@ss'\\''word'\n`);
  });

  test("writes to stdout, a pipe and a link's file, and leaves the kind of each unchanged", async () => {
    expect(await inject("op://V/I/username", "inject --out-file /dev/stdout")).toMatchObject({ code: 0, out: "ada" });
    file("log", "");
    const appended = await run("inject --out-file /dev/stdout", {
      input: "op://V/I/username",
      stdout: join(folder, "log"),
    });
    expect([appended.code, text("log")]).toEqual([0, "ada"]);
    execFileSync("mkfifo", [join(folder, "out")]);
    const reader = spawn("cat", [join(folder, "out")], { stdio: ["ignore", "pipe", "ignore"] });
    const [read] = await Promise.all([
      once(reader.stdout, "data"),
      inject("op://V/I/username", "inject --out-file out"),
    ]);
    expect([String(read[0]), lstatSync(join(folder, "out")).isFIFO()]).toEqual(["ada", true]);
  });

  test("refuses to replace its own template", async () => {
    file("self.tpl", "op://V/I/username");
    const ran = await run("inject --in-file self.tpl --out-file self.tpl");
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining("the template itself would be replaced")]);
    expect(text("self.tpl")).toBe("op://V/I/username");
  });

  test("names the line of an unset variable, and of an unknown escape", async () => {
    for (const [template, why] of [
      ["a\nop://${NONE}/I/f", "line 2: the variable NONE in its reference is not set"],
      ["\n\n{{ op://V/I/password | xml }}", "line 3: what stands behind | is no escape"],
      ["'{{ op://V/I/password | json }}'", "line 1: json cannot be written between single quotes"],
      ["'{{ op://V/I/password | yaml }}'", "line 1: yaml cannot be written between single quotes"],
    ] as const) {
      const ran = await inject(template);
      expect([ran.code, ran.out, ran.err]).toEqual([2, "", expect.stringContaining(why)]);
    }
  });
});
