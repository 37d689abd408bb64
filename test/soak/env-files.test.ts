// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables in references are what is tested.
// Long tests of how the command imports env files. They run every case of the vectors through every command that reads
// such a file. They also cover all that test/cli/import-env.test.ts leaves out.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attachPerson, makeAccount, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { postern, type Ran, type RunOptions } from "../cli/postern.ts";
import { command as main } from "../programs.ts";
import vectors from "../vectors/env-files.json" with { type: "json" };

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
  test("names by id what a title would leave open, and the titles of a file that differ in case alone", async () => {
    file("proxy.env", `http_proxy=one two\nHTTP_PROXY=three\n${"a".repeat(26)}=like an id\n`);
    const { variables } = json<Imported>(await run("import env proxy.env --vault Demo --json"));
    for (const reference of Object.values(variables))
      expect(reference).toMatch(/^op:\/\/Demo\/[a-z2-7]{26}\/password$/);
    const ran = await run([
      "run",
      "--no-masking",
      "--env-file",
      "proxy.env.postern",
      "--",
      "sh",
      "-c",
      'echo "$http_proxy,$HTTP_PROXY"',
    ]);
    expect(ran.out).toBe("one two,three\n");
    expect(json(await run("import env proxy.env --vault Demo --json"))).toMatchObject({ unchanged: 3, variables });
  });

  test("makes plain values fields that anybody may see, and others with --plain; --prefix goes before the titles", async () => {
    file("plain.env", "DEBUG=true\nPORT=5432\nREGION=frankfurt\nPIN=123456\n");
    expect((await run("import env plain.env --vault Demo --prefix app- --plain REGION")).code).toBe(0);
    const types = [];
    for (const name of ["DEBUG", "PORT", "REGION", "PIN"]) {
      const { fields } = json<{ fields: { fieldType: string }[] }>(
        await run(`item get app-${name} --vault Demo --json`),
      );
      types.push(fields[0]?.fieldType);
    }
    expect(types).toEqual(["Text", "Text", "Text", "Concealed"]);
    expect(text("plain.env.postern")).toContain("DEBUG=op://Demo/app-DEBUG/password\n");
    // Values that were made plain stay plain, also without the option.
    expect(json(await run("import env plain.env --vault Demo --prefix app- --json"))).toMatchObject({ unchanged: 4 });
  });

  test("with --only and --except leaves the others as they stand, and no overridden value in clear", async () => {
    file("some.env", "SOME_A=overridden\nSOME_A=one\nSOME_B=two\nSOME_C=three\nSOME_A=\n");
    const ran = await run("import env some.env --vault Demo --except SOME_C --json");
    expect(json(ran)).toMatchObject({ created: 1 });
    expect(ran.err).toContain("line 4: SOME_C: left out");
    expect(text("some.env.postern")).toBe(
      "SOME_A=\nSOME_A=\nSOME_B=op://Demo/SOME_B/password\nSOME_C=three\nSOME_A=\n",
    );
  });

  test("replaces no file with values in it, not even its own source", async () => {
    file("keep.env", "KEEP_A=1234567\n");
    file("other.env", "KEEP_A=precious\n");
    for (const [name, why] of [
      ["keep.env", "the file itself would be replaced"],
      ["other.env", "holds values that would be lost"],
    ] as const) {
      const before = text(name);
      const ran = await run(`import env keep.env --vault Demo --out-file ${name}`);
      expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(why)]);
      expect(text(name)).toBe(before);
    }
    const ran = await run("import env keep.env --vault Demo --out-file nowhere/at/all");
    expect(ran.code).toBe(2);
    expect((await run("item list --vault Demo --json")).out).not.toContain("KEEP_A");
  });

  test("of a pipe asks which project it belongs to, and writes references to stdout where it is told so", async () => {
    const ran = await run("import env /dev/stdin --vault Demo --out-file /dev/stdout", { input: "PIPED=a b\n" });
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining("--source NAME")]);
    const piped = await run("import env /dev/stdin --vault Demo --source piped --out-file /dev/stdout", {
      input: "PIPED=a b\n",
    });
    expect([piped.code, piped.out]).toEqual([0, "PIPED=op://Demo/PIPED/password\n"]);
  });

  test("takes back what it made where a later part fails", async () => {
    file("back.env", "BACK_FIRST=first value\n");
    expect((await run("import env back.env --vault Demo")).code).toBe(0);
    const references = text("back.env.postern");
    // Somebody removed the imported field and filled the item up. The item has no room for the field any more.
    const channel = await agent.connect();
    const { id, vaultId } = json<{ id: string; vaultId: string }>(await run("item get BACK_FIRST --vault Demo --json"));
    const item = await channel.call("items.get", { vaultId, itemId: id });
    const fields = Array.from({ length: 200 }, (_, index) => ({
      id: `f${index}`,
      title: `f${index}`,
      sectionId: "",
      fieldType: "Text" as const,
      value: "x",
    }));
    await channel.call("items.put", { item: { ...item, fields, sections: [{ id: "", title: "" }] } });
    channel.close();
    file("back.env", "BACK_FIRST=second value\nBACK_NEW=new value\n");
    const ran = await run("import env back.env --vault Demo");
    expect([ran.code, ran.out]).toEqual([2, ""]);
    expect((await run("item list --vault Demo --json")).out).not.toContain("BACK_NEW");
    expect(text("back.env.postern")).toBe(references);
  });
});

describe("env import", () => {
  test("and export give the same values in each format, or name what does not fit", async () => {
    const values = { A: 'it\'s "q" `b` $$ $HOME \\n \\', B: "one\ntwo\n", C: " x ", D: "", E: "cr\r" };
    const source = Object.entries(values).map(
      ([name, value]) => `${name}=${JSON.stringify(value).replace(/[$`]/g, "\\$&")}`,
    );
    file("round.env", `${source.join("\n")}\n`);
    expect((await run("env import round round.env")).code).toBe(0);
    expect(json(await run("env export round --format json"))).toEqual(values);
    expect((await run("env export round --out-file round.out")).code).toBe(0);
    expect((await run("env import again round.out")).code).toBe(0);
    expect(json(await run("env export again --format json"))).toEqual(values);
    const docker = await run("env export round --format docker");
    expect([docker.code, docker.out, docker.err]).toEqual([2, "", expect.stringContaining("B, C, E: ")]);
    const unknown = await run("env export round --format toml");
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining("--format is one of")]);
  });
});

type Vector = {
  name: string;
  file?: string;
  fileBase64?: string;
  want?: Record<string, string>;
  refused?: { line?: number; says?: string };
};

describe("a case of a file", () => {
  const commands = {
    run: "run --no-masking --env-file case.env -- env",
    import: 'import env case.env --vault Demo --prefix "case-$CASE-"',
    back: "run --no-masking --env-file case.env.postern -- env",
    environment: "env import cases case.env",
    third: "env run cases --no-masking -- env",
  } as const;
  const at = (index: number, name: string) => join(folder, "cases", `${index}`, name);
  const outcome = (index: number, command: keyof typeof commands) =>
    ["code", "out", "err"].map((part) => readFileSync(at(index, `${command}.${part}`), "utf8").replace(/^2\n$/, "2"));

  beforeAll(async () => {
    for (const [index, { file: content = "", fileBase64 }] of (vectors as Vector[]).entries()) {
      mkdirSync(join(folder, "cases", `${index}`), { recursive: true });
      writeFileSync(at(index, "case.env"), fileBase64 === undefined ? content : Buffer.from(fileBase64, "base64"));
    }
    // One shell runs all commands, as a person's shell does. So its approvals hold for every command.
    const each = Object.entries(commands).map(
      ([name, words]) =>
        `"$NODE" --no-warnings -- "$MAIN" ${words} >${name}.out 2>${name}.err </dev/null; echo $? >${name}.code`,
    );
    const script = `for CASE in cases/*/; do cd "$CASE"; CASE=$(basename "$PWD"); ${each.join("; ")}; cd ../..; done`;
    const env = {
      HOME: agent.home,
      POSTERN_HOME: agent.home,
      PATH: process.env.PATH ?? "",
      NODE: process.execPath,
      MAIN: main,
    };
    await once(spawn("sh", ["-c", script], { cwd: folder, env, detached: true, stdio: "ignore" }), "close");
  }, 300_000);

  test.each((vectors as Vector[]).map((vector, index) => [vector.name, index, vector] as const))(
    "%s: run, import env and env import agree",
    (_name, index, { want, refused }) => {
      // An apostrophe between single quotes has two right answers. We refuse the file.
      if (want === undefined || want.K === "it's") {
        const said = expect.stringContaining(refused?.says ?? `line ${refused?.line ?? 1} `);
        for (const command of ["run", "import", "environment"] as const)
          expect(outcome(index, command)).toEqual(["2", "", said]);
        return;
      }
      // An environment allows no dot in a name, and the error names the line.
      const takes = !("api.host" in want);
      if (!takes) expect(outcome(index, "environment")[2]).toContain("line 1");
      for (const [name, value] of Object.entries(want)) {
        const whole = value.replace(/^\(value of .*\)$/, "(password)").replace("(username)", "ada");
        const line = `${name}=${whole.replace("(password)", "p@ss'word")}\n`;
        for (const command of ["run", "back", ...(takes ? (["third"] as const) : [])] as const)
          expect(`${outcome(index, command)[2]}\n${outcome(index, command)[1]}`).toContain(`\n${line}`);
      }
    },
  );
});
