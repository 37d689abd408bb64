// The command from init to restore, as scripts use it. The tests play the person through the agent's socket.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { program } from "../../clients/cli/program.ts";
import { openChannel } from "../../clients/typescript/channel.ts";
import { attachPerson, PASSWORD, type Person, PIN } from "../agent/person.ts";
import type { RunningAgent } from "../agent/start.ts";
import { openTerminal } from "../build/terminal.ts";
import { command as main } from "../programs.ts";
import { overLoopback } from "../service/doors.ts";
import { postern, type Ran, type RunOptions } from "./postern.ts";

let home: string;
let person: Person;

const run = (words: string, more: Partial<RunOptions> = {}): Promise<Ran> =>
  postern(words.split(" "), { home, ...more });
const json = (ran: Ran) => JSON.parse(ran.out) as Record<string, unknown>;
const attached = (folder: string): Promise<Person> =>
  attachPerson({
    connect: () => openChannel(join(folder, "run", "agent.sock"), { name: "person", version: "1" }),
  } as RunningAgent);
const fresh = () => mkdtempSync(join(tmpdir(), "postern-c-"));

beforeAll(async () => {
  home = fresh();
  const made = await run("init --name Ada --kit kit.txt --password-fd 3 --pin-fd 4 --json", {
    secrets: [PASSWORD, PIN],
  });
  expect(made).toMatchObject({ code: 0, err: "" });
  person = await attached(home);
  person.always("yes");
});
afterAll(async () => {
  person.leave();
  await run("agent stop");
  rmSync(home, { recursive: true, force: true });
});

describe("every command", () => {
  const all = (
    command: ReturnType<typeof program>,
    words: string[] = [],
  ): { words: string; command: ReturnType<typeof program> }[] =>
    command.commands.flatMap((child) => [
      { words: [...words, child.name()].join(" "), command: child as ReturnType<typeof program> },
      ...all(child as ReturnType<typeof program>, [...words, child.name()]),
    ]);
  const leaves = all(program()).filter(
    ({ command }) => command.commands.length === 0 || ["grants", "audit", "devices"].includes(command.name()),
  );

  test.each(leaves.map(({ words, command }) => [words, command] as const))(
    "%s has --json, and help with an example",
    async (words, command) => {
      expect(command.options.map((option) => option.long)).toContain("--json");
      const help = await run(`${words} --help`);
      expect(help.code).toBe(0);
      expect(help.out).toMatch(/Example:\n {2}\$ postern /);
    },
  );

  test("stands in the CLI's README", () => {
    const readme = readFileSync(new URL("../../clients/cli/README.md", import.meta.url), "utf8");
    const missing = leaves
      .map(({ words }) => words.split(" "))
      .filter((words) => words[0] !== "start" && !words.every((word) => readme.includes(word)));
    expect(missing).toEqual([]);
  });
});

describe("a mistake", () => {
  test.each([
    ["an unknown command", "reed x", 2],
    ["an unknown option", "read op://a/b/c --loud", 2],
    ["a malformed reference", "read op://a", 2],
    ["a reference that leads nowhere", "read op://Personal/nothing/x", 5],
    ["a vault that is not there", "item list --vault Nowhere", 5],
    ["a missing vault", "item get X", 2],
    ["a secret in argv", "item create --vault Personal --title X --secret a=b", 2],
    ["a secret's name as a plain field", "item create --vault Personal --title X --field password=b", 2],
    ["a descriptor that is not open", "unlock --password-fd 77", 2],
    ["a code that is not open", "deny ZZ-99", 5],
    ["an env file that is not there", "import env nothing.env --vault Personal", 2],
    ["a vault that is not named", "group grant Owners --permissions read_items", 2],
    ["a vault that is not named, to take away", "group revoke Owners", 2],
    ["a service account that comes to no vault", "service-account create CI", 2],
    ["a file that is not there", "item create --vault Personal --file nothing", 2],
    ["a kit that is not there", "signin --kit nothing --password-fd 3", 2],
    ["a folder that is not there", "kit --out-file nowhere/kit.txt --password-fd 4", 2],
    ["a folder in place of a file", "kit --out-file . --password-fd 4", 2],
    ["a change that changes nothing", "item edit X --vault Personal", 2],
    ["a second account", "init --name Eve --no-pin --password-fd 3", 7],
  ])("%s has its own exit code, says what it is, and prints nothing as a result", async (_what, words, code) => {
    const ran = await run(words, { secrets: ["long enough password", PASSWORD] });
    expect(ran.code).toBe(code);
    expect(ran.err).toMatch(/^postern: /m);
    expect(ran.out).toBe("");
    // Neither an invented name nor Node's name for the failure.
    expect(ran.err).not.toMatch(/\.part|no such file|Cannot read/);
  });

  test.each([
    ["an env file to import", "import env nothing.env --vault Personal", "the env file nothing.env could not be read"],
    ["an env file to run with", "run --env-file nothing.env -- true", "the env file nothing.env could not be read"],
    ["a template", "inject --in-file nothing.tpl", "the template nothing.tpl could not be read"],
    ["a kit", "signin --kit nothing.txt --password-fd 3", "the kit nothing.txt could not be read"],
    ["a descriptor that is a word", "unlock --password-fd file", "--password-fd takes the number"],
  ])("in %s names it, and a next step", async (_what, words, message) => {
    const ran = await run(words, { secrets: [PASSWORD] });
    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(/^postern: .*\n {2}next: .+\n$/);
    expect(ran.err).toContain(`postern: ${message}`);
  });

  test("of an account without a place for its kit makes no account", async () => {
    const elsewhere = fresh();
    const options = { home: elsewhere, secrets: [PASSWORD] };
    const ran = await run("init --name Eve --no-pin --password-fd 3 --kit nowhere/kit.txt", options);
    expect(ran).toMatchObject({ code: 2, err: expect.stringContaining("could not be written (ENOENT)") });
    expect((await run("status --json", options)).out).toContain('"state":"signedOut"');
    await run("agent stop", options);
    rmSync(elsewhere, { recursive: true, force: true });
  });

  test.each([
    ["as a word too many", "item create --vault Personal --title X password=hunter2"],
    ["behind an unknown option", "item create --password=hunter2"],
    ["behind an option that takes a choice", "generate --kind hunter2"],
  ])("that puts a secret into argv %s is reported without the secret", async (_where, words) => {
    const ran = await run(words);
    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(/^postern: /);
    expect(ran.err).not.toContain("hunter2");
  });

  test("with --json is one JSON value on stderr", async () => {
    const ran = await run("read op://a --json");
    expect(ran.out).toBe("");
    expect(JSON.parse(ran.err)).toMatchObject({ error: { name: "invalidReference" } });
  });

  test.each([
    ["an unknown command", "frobnicate x --json", "unknown command 'frobnicate'"],
    ["an unknown option", "read op://a/b/c --loud=hunter2 --json", "unknown option '--loud=…'"],
    ["a missing argument", "deny --json", "missing required argument 'code'"],
  ])("in the command line, %s, is one JSON value too", async (_what, words, message) => {
    const ran = await run(words);
    expect(ran).toMatchObject({ code: 2, out: "" });
    expect(JSON.parse(ran.err)).toEqual({
      error: { name: "UsageError", message, hint: "add --help for the options and an example" },
    });
  });

  test("is told in words when --json comes after --, since it is for another program", async () => {
    expect((await run("run --loud -- curl --json")).err).toMatch(/^postern: unknown option '--loud'/);
  });

  test("of a wrong category names the supported ones and makes nothing", async () => {
    const ran = await run("item create --vault Personal --title X --category Pasport");
    expect(ran.code).toBe(2);
    expect(ran.err).toContain("known are Login, SecureNote, CreditCard");
    expect((await run("item list --vault Personal --json")).out).not.toContain('"title":"X"');
  });
});

describe("items", () => {
  test("are made, read, changed, archived and deleted", async () => {
    expect((await run("vault create Demo --json")).code).toBe(0);
    const made = await run(
      "item create --vault Demo --title DB --category Password --secret-fd password=3 --tag prod --json",
      { secrets: ["hunter2-long"] },
    );
    expect(json(made)).toMatchObject({ title: "DB", version: 1 });
    const read = await run("read op://Demo/DB/password");
    expect(read).toEqual({ code: 0, out: "hunter2-long", err: "" });
    const hidden = await run("item get DB --vault Demo");
    expect(hidden.out).toContain("••••••••");
    expect(hidden.out).not.toContain("hunter2");
    expect((await run("item get DB --vault Demo --json")).out).not.toContain("hunter2");
    expect((await run("item get DB --vault Demo --reveal")).out).toContain("hunter2-long");
    expect(
      json(
        await run("item edit DB --vault Demo --secret-fd password=3 --field user=ada --json", {
          secrets: ["changed-secret"],
        }),
      ),
    ).toMatchObject({ version: 2 });
    expect((await run("read op://Demo/DB/password")).out).toBe("changed-secret");
    expect((await run("read op://Demo/DB/user")).out).toBe("ada");
    expect((await run("item archive DB --vault Demo")).code).toBe(0);
    expect((await run("read op://Demo/DB/password")).code).toBe(5);
    expect((await run("item list --vault Demo --archived --json")).out).toContain('"title":"DB"');
    expect((await run("item delete DB --vault Demo --yes")).code).toBe(0);
    expect((await run("item get DB --vault Demo")).code).toBe(5);
  });

  test("of five megabytes go in and come out in chunks, whole and for the owner alone", async () => {
    const content = randomBytes(5 * 1024 * 1024);
    writeFileSync(join(home, "backup.bin"), content);
    expect((await run("item create --vault Demo --title Backup --file backup.bin --json")).code).toBe(0);
    const out = await run("read op://Demo/Backup/backup.bin --out-file out.bin --json");
    expect(json(out)).toMatchObject({ size: content.length });
    expect(readFileSync(join(home, "out.bin")).equals(content)).toBe(true);
    expect(statSync(join(home, "out.bin")).mode & 0o777).toBe(0o600);
  });

  test("that fail to be read leave no file behind", async () => {
    expect((await run("read op://Demo/nothing/x --out-file never.bin")).code).toBe(5);
    expect(existsSync(join(home, "never.bin"))).toBe(false);
  });
});

describe("import env", () => {
  const file =
    '# settings\nDB=postgres://x\nexport KEY="two words"\n\nEMPTY=\nREF=op://Demo/DB/password\nMULTI="a\nb" # two\n';

  test("makes items, writes references, and changes nothing the second time", async () => {
    writeFileSync(join(home, "app.env"), file);
    const first = await run("import env app.env --vault Demo --json");
    expect(first.code).toBe(0);
    expect(json(first)).toMatchObject({ created: 3, changed: 0, unchanged: 0 });
    const written = readFileSync(join(home, "app.env.postern"), "utf8");
    expect(written).toBe(
      "# settings\nDB=op://Demo/DB/password\nexport KEY=op://Demo/KEY/password\n\nEMPTY=\nREF=op://Demo/DB/password\nMULTI=op://Demo/MULTI/password # two\n",
    );
    const second = await run("import env app.env --vault Demo --json");
    expect(json(second)).toMatchObject({ created: 0, changed: 0, unchanged: 3 });
    expect(readFileSync(join(home, "app.env.postern"), "utf8")).toBe(written);
    expect((await run("read op://Demo/MULTI/password")).out).toBe("a\nb");
  });

  test.each([
    ["binary", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe])],
    ["prose", Buffer.from("Dear Ada,\nthis is a letter.\n")],
    ["UTF-16", Buffer.from("\ufeffA=1\n", "utf16le")],
    ["empty", Buffer.alloc(0)],
    ["too large", Buffer.alloc(1024 * 1024 + 1, "A=1\n")],
  ])("refuses a file that is %s, and imports nothing", async (_what, content) => {
    writeFileSync(join(home, "bad.env"), content);
    const before = (await run("item list --vault Demo --json")).out;
    const ran = await run("import env bad.env --vault Demo");
    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(/no env file/);
    expect((await run("item list --vault Demo --json")).out).toBe(before);
    expect(existsSync(join(home, "bad.env.postern"))).toBe(false);
  });
});

describe("run", () => {
  test("resolves references of environment and env files, masks them, and passes the exit code", async () => {
    writeFileSync(join(home, "run.env"), "FROM_FILE=op://Demo/KEY/password\n");
    const ran = await postern(
      [
        "run",
        "--env-file",
        "run.env",
        "--",
        "sh",
        "-c",
        'echo "$FROM_ENV|$FROM_FILE|$PLAIN"; echo "$FROM_ENV" >&2; exit 9',
      ],
      { home, env: { FROM_ENV: "op://Demo/DB/password", PLAIN: "seen" } },
    );
    expect(ran).toEqual({
      code: 9,
      out: "<concealed by postern>|<concealed by postern>|seen\n",
      err: "<concealed by postern>\n",
    });
  });

  test("shows them with --no-masking, and gives them to the program in any case", async () => {
    const ran = await postern(["run", "--no-masking", "--", "sh", "-c", 'printf %s "$X"'], {
      home,
      env: { X: "op://Demo/DB/password" },
    });
    expect(ran.out).toBe("postgres://x");
  });

  test("starts nothing when a reference fails", async () => {
    const ran = await postern(["run", "--", "sh", "-c", "echo started"], { home, env: { X: "op://Demo/gone/x" } });
    expect(ran.code).toBe(5);
    expect(ran.out).toBe("");
    expect(ran.err).toContain("X: no item matched");
  });

  test("lets no env file change how programs and code are found, and removes tokens", async () => {
    writeFileSync(
      join(home, "evil.env"),
      "PATH=/evil\nLD_PRELOAD=/evil.so\nNODE_OPTIONS=--inspect\nPOSTERN_SOCKET=/evil\nGOOD=1\n",
    );
    const ran = await postern(
      [
        "run",
        "--env-file",
        "evil.env",
        "--",
        "sh",
        "-c",
        'echo "$GOOD$LD_PRELOAD$NODE_OPTIONS$POSTERN_SOCKET$OP_SERVICE_ACCOUNT_TOKEN"',
      ],
      { home, env: { OP_SERVICE_ACCOUNT_TOKEN: "ops_x" } },
    );
    expect(ran.out).toBe("1\n");
    for (const line of [1, 2, 3, 4]) expect(ran.err).toContain(`line ${line} of the env file would change`);
  });

  test("gives NODE_ENV of an env file to the program, since it loads nothing", async () => {
    writeFileSync(join(home, "app.env"), "NODE_ENV=production\n");
    expect(await run("run --env-file app.env -- printenv NODE_ENV")).toEqual({ code: 0, out: "production\n", err: "" });
  });

  test("is started so that Node itself does not obey the env file", async () => {
    // Node looks for --env-file in all words of its command line, and takes NODE_OPTIONS from the file.
    writeFileSync(join(home, "obeyed.cjs"), `require("node:fs").writeFileSync("${home}/obeyed", "");`);
    writeFileSync(join(home, "obeyed.env"), `NODE_OPTIONS=--require=${home}/obeyed.cjs\nA=1\n`);
    const words = `run --env-file ${home}/obeyed.env -- true`;
    expect((await run(words)).code).toBe(0);
    // Started as the README says, and as the first line of the shipped program does.
    const env = { ...process.env, HOME: home, POSTERN_HOME: home };
    const root = fileURLToPath(new URL("../..", import.meta.url));
    const line = readFileSync(join(root, "clients/cli/main.ts"), "utf8").split("\n")[0] ?? "";
    const [, shebang = ""] = /^#!\/usr\/bin\/env -S (.+)$/.exec(line) ?? [];
    for (const start of ["npm run -s postern --", `env -S '${shebang}' clients/cli/main.ts`])
      execFileSync("sh", ["-c", `${start} ${words}`], { cwd: root, env, stdio: "pipe" });
    expect(existsSync(join(home, "obeyed"))).toBe(false);
  });

  test("passes signals on, and reports the signal that ended the program", async () => {
    const ran = await postern(
      ["run", "--", "sh", "-c", 'trap "echo got; exit 3" TERM; echo ready; while :; do sleep 0.05; done'],
      {
        home,
        spoken: (kill) => kill("SIGTERM"),
      },
    );
    expect(ran.out).toContain("got");
    expect(ran.code).toBe(3);
  });

  test.each([
    ["is not there", "no-such-program-here", 127, "the program no-such-program-here was not found"],
    ["cannot be executed", "./kit.txt", 126, "the program ./kit.txt could not be started (EACCES)"],
  ])("of a program that %s says so, in a pipe and on a terminal", async (_what, program, code, why) => {
    const ran = await run(`run -- ${program}`);
    expect(ran).toMatchObject({ code, out: "" });
    expect(ran.err).toMatch(/^postern: .*\n {2}next: .+\n$/);
    expect(ran.err).toContain(why);
    const terminal = openTerminal({ HOME: home, POSTERN_HOME: home, PATH: "/usr/bin:/bin" }, home);
    terminal.type(`'${process.execPath}' --no-warnings -- '${main}' run -- ${program}; echo "ended $?."`);
    await terminal.sees(why);
    await terminal.sees(`ended ${code}.`);
    terminal.end();
  });
});

describe("grants and the log", () => {
  test("are listed by password, revoked, and verified", async () => {
    const grants = await run("grants --password-fd 3 --json", { secrets: [PASSWORD] });
    expect((json(grants).grants as object[]).length).toBeGreaterThan(0);
    expect(json(await run("grants revoke --all --password-fd 3 --json", { secrets: [PASSWORD] }))).toMatchObject({
      revoked: expect.any(Number),
    });
    expect((await run("audit --limit 50 --password-fd 3", { secrets: [PASSWORD] })).out).toContain("end grants");
    const verdict = await run("audit verify --password-fd 3 --json", { secrets: [PASSWORD] });
    expect(json(verdict)).toMatchObject({ problems: [] });
    expect((await run("audit verify")).code).toBe(4);
  });

  test("say no to a wrong password, and count it", async () => {
    const ran = await run("grants --password-fd 3", { secrets: ["not the password"] });
    expect(ran.code).toBe(4);
    expect(ran.err).toContain("wrong account password");
  });
});

describe("the account", () => {
  test("status, doctor and the units report without changing anything", async () => {
    expect(json(await run("status --json"))).toMatchObject({ running: true, state: "unlocked" });
    expect(json(await run("doctor --json"))).toMatchObject({
      running: true,
      protections: expect.arrayContaining([expect.objectContaining({ name: "closedMemory", active: true })]),
    });
    const units = await run("agent install --dry-run --platform linux");
    expect(units.out).toContain("ListenStream=%t/postern/agent.sock");
    expect(units.out).toContain("--disable-sigusr1");
    expect((await run("agent install --dry-run --platform darwin")).out).toContain("<key>ProgramArguments</key>");
    expect((await run("agent install")).code).toBe(2);
  });

  test("locks and unlocks; while locked, a script gets the next step", async () => {
    expect((await run("lock")).code).toBe(0);
    const ran = await run("read op://Demo/DB/password");
    expect(ran.code).toBe(3);
    expect(ran.err).toContain("next: run `postern unlock`");
    expect((await run("unlock --password-fd 3", { secrets: [PASSWORD] })).code).toBe(0);
    person = await attached(home);
    person.always("yes");
  });

  test("goes into a backup and comes back from it, kit and password, in another home", async () => {
    expect((await run("backup ada.backup --password-fd 3", { secrets: [PASSWORD] })).code).toBe(0);
    expect(statSync(join(home, "ada.backup")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(home, "ada.backup"), "latin1")).not.toContain("postgres://");
    const other = fresh();
    const restore = (file: string, password = PASSWORD) =>
      postern(["restore", file, "--kit", join(home, "kit.txt"), "--password-fd", "3"], {
        home: other,
        secrets: [password],
      });
    const whole = readFileSync(join(home, "ada.backup"));
    for (const [name, bytes] of [
      ["cut", whole.subarray(0, whole.length - 200)],
      ["longer", Buffer.concat([whole, Buffer.from("{}\n")])],
      ["changed", Buffer.from(whole.toString("latin1").replace('"activeItems":', '"activeItems": '), "latin1")],
      ["other", Buffer.from("no backup\n")],
    ] as const) {
      writeFileSync(join(home, `${name}.backup`), bytes);
      const refused = await restore(join(home, `${name}.backup`));
      expect([name, refused.code, refused.err.includes("the backup cannot be restored")]).toEqual([name, 8, true]);
    }
    expect((await restore(join(home, "ada.backup"), "wrong password")).code).toBe(4);
    expect(
      await postern(["restore", join(home, "ada.backup"), "--kit", join(home, "kit.txt")], { home: other }),
    ).toMatchObject({
      code: 2,
      err: expect.stringContaining("use --password-fd"),
    });
    expect(json(await postern(["status", "--json"], { home: other }))).toMatchObject({ state: "signedOut" });
    // The kit of an account that lives in this machine's own service opens nothing elsewhere without the backup, and says so.
    expect(readFileSync(join(home, "kit.txt"), "utf8")).toContain("postern restore FILE --kit THIS-FILE");
    const signIn = ["signin", "--kit", join(home, "kit.txt"), "--no-pin", "--password-fd", "3"];
    expect(await postern(signIn, { home: other, secrets: [PASSWORD] })).toMatchObject({
      code: 4,
      err: expect.stringContaining("comes from its backup: `postern restore FILE --kit KIT`"),
    });
    expect(await restore(join(home, "ada.backup"))).toMatchObject({ code: 0 });
    // The PIN belongs to the former device. Here the password approves.
    const there = await attachByPassword(other);
    expect((await postern(["read", "op://Demo/DB/password"], { home: other })).out).toBe("postgres://x");
    const file = await postern(["read", "op://Demo/Backup/backup.bin", "--out-file", "again.bin"], { home: other });
    expect(file.code).toBe(0);
    expect(readFileSync(join(other, "again.bin")).equals(readFileSync(join(home, "backup.bin")))).toBe(true);
    there.close();
    await postern(["agent", "stop"], { home: other });
    rmSync(other, { recursive: true, force: true });
  });

  test("changes its password, and the old one is refused", async () => {
    expect(
      (await run("passwd --password-fd 3 --new-password-fd 4", { secrets: [PASSWORD, "eleven bright lanterns"] })).code,
    ).toBe(0);
    await run("lock");
    expect((await run("unlock --password-fd 3", { secrets: [PASSWORD] })).code).toBe(4);
    expect((await run("unlock --password-fd 3", { secrets: ["eleven bright lanterns"] })).code).toBe(0);
  });
});

test("a second home signs in by URL with kit and password, and reads the same items", async () => {
  const service = await overLoopback();
  const [one, two] = [fresh(), fresh()];
  mkdirSync(join(one, "x"));
  const made = await postern(
    [
      "init",
      "--name",
      "Team",
      "--kit",
      "kit.txt",
      "--no-pin",
      "--password-fd",
      "3",
      "--service",
      service.address.origin,
      "--registration-token-fd",
      "4",
    ],
    { home: one, secrets: [PASSWORD, service.registrationToken ?? ""] },
  );
  expect(made).toMatchObject({ code: 0 });
  expect(readFileSync(join(one, "kit.txt"), "utf8")).toContain("postern signin --kit THIS-FILE");
  const first = await attachByPassword(one);
  await postern(
    [
      "item",
      "create",
      "--vault",
      "Personal",
      "--title",
      "Shared",
      "--category",
      "Password",
      "--secret-fd",
      "password=3",
    ],
    { home: one, secrets: ["over-the-wire"] },
  );
  const signed = await postern(["signin", "--kit", join(one, "kit.txt"), "--no-pin", "--password-fd", "3"], {
    home: two,
    secrets: [PASSWORD],
  });
  expect(signed).toMatchObject({ code: 0, out: "Signed in to Team; it is unlocked.\n" });
  const second = await attachByPassword(two);
  expect((await postern(["read", "op://Personal/Shared/password"], { home: two })).out).toBe("over-the-wire");
  // A change through one agent is in the other's next resolve within a second.
  await postern(["item", "edit", "Shared", "--vault", "Personal", "--secret-fd", "password=3"], {
    home: one,
    secrets: ["changed-there"],
  });
  const until = performance.now() + 1000;
  let seen = "";
  while (seen !== "changed-there" && performance.now() < until)
    seen = (await postern(["read", "op://Personal/Shared/password"], { home: two })).out;
  expect(seen).toBe("changed-there");
  for (const [folder, channel] of [
    [one, first],
    [two, second],
  ] as const) {
    channel.close();
    await postern(["agent", "stop"], { home: folder });
    rmSync(folder, { recursive: true, force: true });
  }
  await service.close();
});

/** A person without a PIN, who allows every prompt by the password. */
async function attachByPassword(folder: string) {
  const channel = await openChannel(join(folder, "run", "agent.sock"), { name: "person", version: "1" });
  const proof = { kind: "password" as const, password: PASSWORD };
  channel.onNotification((method, params) => {
    if (method === "prompt.opened" && params.text !== undefined)
      channel
        .call("prompts.answer", { code: String(params.code), answer: "yes", hash: String(params.hash), proof })
        .catch(() => undefined);
  });
  await channel.call("prompts.attach", { proof });
  return channel;
}
