// Real interpreters connect, in each form in which a script is started. Shells cannot connect, so theirs is the process above.
import { execFileSync, type SpawnOptions } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ProcessFacts } from "../../../daemon/peer/peer.ts";
import { factsOf as factsAt } from "../../../daemon/peer/process-facts.ts";
import { hasTool } from "../../tools.ts";
import { type Meeting, openMeeting } from "./meeting.ts";

/** Programs that connect to $SOCKET and stay. */
const javascript = `require("node:net").connect(process.env.SOCKET); process.stdin.resume()`;
const python = `import os, socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(os.environ["SOCKET"]); sys.stdin.read()`;
const ruby = `require "socket"; UNIXSocket.new(ENV["SOCKET"]); sleep`;
const perl = `use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Peer => $ENV{SOCKET}) or die; sleep 1000`;
const shell = `nc -U "$SOCKET"; true`;
const java = `import java.net.*; import java.nio.channels.*;
public class Meet { public static void main(String[] words) throws Exception {
  SocketChannel.open(UnixDomainSocketAddress.of(System.getenv("SOCKET"))); Thread.sleep(1000000); } }`;

const files = {
  "app.js": javascript,
  "hook.cjs": "",
  "tool.py": python,
  "run.rb": ruby,
  "run.pl": perl,
  "deploy.sh": shell,
  "Meet.java": java,
};

let meeting: Meeting;
beforeAll(async () => {
  meeting = await openMeeting();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(meeting.folder, name), text);
  if (!hasTool("javac")) return;
  const inFolder = { cwd: meeting.folder };
  execFileSync("javac", ["-d", "classes", "Meet.java"], inFolder);
  execFileSync("jar", ["--create", "--file", "meet.jar", "--main-class", "Meet", "-C", "classes", "."], inFolder);
});
afterAll(() => meeting.close());

type Row = {
  readonly words: readonly string[];
  /** The name of the script, or the claim without one. */
  readonly says: string | ProcessFacts["runs"];
  readonly isOpen?: true;
  readonly loadsOther?: true;
  readonly env?: NodeJS.ProcessEnv;
};

const code = { is: "code" } as const;
const node = process.execPath;

/** A program that is needed, the part of the tests that need it, and its rows. */
const rows: Readonly<Record<string, readonly Row[]>> = {
  node: [
    { words: [node, "app.js"], says: "app.js" },
    { words: [node, "--disable-warning", "x", "--no_warnings", "--", "app.js", "-e"], says: "app.js" },
    { words: [node, "-r", "./hook.cjs", "app.js"], says: "app.js", loadsOther: true },
    { words: [node, "--require=./hook.cjs", "app.js"], says: "app.js", loadsOther: true },
    { words: [node, "--import=data:text/javascript,", "app.js"], says: "app.js", loadsOther: true },
    { words: [node, "--experimental-loader", "data:text/javascript,", "app.js"], says: "app.js", loadsOther: true },
    { words: [node, "app.js"], env: { NODE_OPTIONS: "--no-warnings" }, says: "app.js", loadsOther: true },
    { words: [node, "app.js"], env: { LD_PRELOAD: "/nowhere.so" }, says: "app.js", loadsOther: true },
    { words: [node, "-e", javascript, "app.js"], says: code, loadsOther: true },
    { words: [node, `--eval=${javascript}`, "app.js"], says: code, loadsOther: true },
    { words: [node, "-pe", javascript, "app.js"], says: code, loadsOther: true },
    { words: [node, `--print`, javascript, "app.js"], says: code, loadsOther: true },
  ],
  python3: [
    { words: ["python3", "tool.py"], says: "tool.py" },
    { words: ["python3", "-X", "importtime", "-Wignore", "-IB", "tool.py"], says: "tool.py" },
    { words: ["python3", "-m", "tool"], says: { is: "module", name: "tool" } },
    { words: ["python3", "-mtool"], says: { is: "module", name: "tool" } },
    { words: ["python3", "tool.py"], env: { PYTHONPATH: "/tmp" }, says: "tool.py", loadsOther: true },
    { words: ["python3", "-c", python], says: code, loadsOther: true },
    { words: ["python3", `-Ic${python}`, "tool.py"], says: code, loadsOther: true },
  ],
  ruby: [
    { words: ["ruby", "-w", "-C", ".", "run.rb"], says: "run.rb" },
    { words: ["ruby", "-I", "lib", "run.rb"], says: "run.rb", loadsOther: true },
    { words: ["ruby", "-Ilib", "-rjson", "run.rb"], says: "run.rb", loadsOther: true },
    { words: ["ruby", "run.rb"], env: { RUBYOPT: "-rjson" }, says: "run.rb", loadsOther: true },
    { words: ["ruby", "-e", ruby, "run.rb"], says: code, loadsOther: true },
    { words: ["ruby", `-we${ruby}`, "run.rb"], says: code, loadsOther: true },
  ],
  perl: [
    { words: ["perl", "-w", "run.pl"], says: "run.pl" },
    { words: ["perl", "-MSocket", "run.pl"], says: "run.pl", loadsOther: true },
    { words: ["perl", `-we${perl}`, "run.pl"], says: code, loadsOther: true },
  ],
  javac: [
    { words: ["java", "-jar", "meet.jar"], says: "meet.jar", isOpen: true },
    { words: ["java", "Meet.java"], says: "Meet.java" },
    { words: ["java", "-cp", "classes", "Meet"], says: { is: "class", name: "Meet" }, loadsOther: true },
    {
      words: ["java", "-XX:+UseSerialGC", "-jar", "meet.jar"],
      env: { CLASSPATH: "/tmp" },
      says: "meet.jar",
      loadsOther: true,
    },
  ],
};

const shells: readonly Row[] = [
  { words: ["deploy.sh"], says: "deploy.sh", isOpen: true },
  { words: ["-eu", "--", "deploy.sh", "-c"], says: "deploy.sh", isOpen: true },
  { words: ["-c", shell, "deploy.sh"], says: code, loadsOther: true },
  { words: ["-uc", shell, "deploy.sh"], says: code, loadsOther: true },
  { words: ["deploy.sh"], env: { LD_LIBRARY_PATH: "/nowhere" }, says: "deploy.sh", loadsOther: true },
];

async function demandSaid(
  row: Row,
  factsOf: (words: readonly string[], options: SpawnOptions) => Promise<ProcessFacts>,
) {
  const { words, says, isOpen = false, loadsOther = false, env = {} } = row;
  const facts = await factsOf(words, { env });
  if (typeof says === "string") {
    const path = join(meeting.folder, says);
    const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
    const script = { path, sha256, ownerUid: process.getuid?.(), isOpen, isElsewhere: false };
    expect(facts).toMatchObject({ script, runs: undefined, loadsOther });
  } else expect(facts).toMatchObject({ script: undefined, runs: says, loadsOther });
}

for (const [program, list] of Object.entries(rows)) {
  describe.skipIf(!hasTool(program))(`behind ${program} (needs ${program})`, () => {
    test.each(list.map((row) => [shown(row), row] as const))("%s", (_line, row) =>
      demandSaid(row, (words, options) => meeting.meet(words, options)),
    );
  });
}

for (const program of ["bash", "dash", "zsh"]) {
  describe.skipIf(!hasTool(program) || !hasTool("nc"))(`behind ${program} (needs ${program}, nc)`, () => {
    test.each(shells.map((row) => [shown(row), row] as const))("%s", (_line, row) =>
      demandSaid(row, async (words, options) => {
        const identity = await meeting.meet([program, ...words], options);
        return wholeOf(identity.ancestors[0]);
      }),
    );
  });
}

describe("a process that rewrites its own command line", () => {
  /** Finds the words in its own memory (proc(5): arg_start and arg_end) and writes others there. */
  const rewriting = (words: string) => `import os
fields = open("/proc/self/stat").read().rsplit(") ", 1)[1].split(" ")
start, end = int(fields[45]), int(fields[46])
with open("/proc/self/mem", "r+b", 0) as memory:
    memory.seek(start); memory.write(${JSON.stringify(words)}.encode().ljust(end - start, b"\\0"))
kept = os.open("app.js", os.O_RDONLY); os.dup2(kept, 255)
${python}`;

  test.skipIf(!hasTool("python3"))("gets only a claim, even with the file open (needs python3)", async () => {
    writeFileSync(join(meeting.folder, "rogue.py"), rewriting("python3\0tool.py\0"));
    const { script, executable } = await meeting.meet(["python3", "rogue.py", "x".repeat(40)]);
    expect(executable?.path).toMatch(/python3/);
    expect(script).toMatchObject({ path: join(meeting.folder, "tool.py"), isOpen: false });
  });

  test.skipIf(!hasTool("python3"))("claims nothing where it erased it (needs python3)", async () => {
    writeFileSync(join(meeting.folder, "erasing.py"), rewriting(""));
    expect(await meeting.meet(["python3", "erasing.py"])).toMatchObject({ script: undefined, runs: undefined });
  });

  test("claims nothing where it only renamed itself", async () => {
    const facts = await meeting.meet([node, "--title", "node app.js", "app.js"]);
    expect(facts).toMatchObject({ script: undefined, runs: undefined });
  });
});

test.skipIf(!hasTool("bash") || !hasTool("nc"))(
  "a shell whose environment ran other code before has no open script (needs bash, nc)",
  async () => {
    writeFileSync(join(meeting.folder, "first.sh"), `exec 255< deploy.sh; ${shell}`);
    const env = { BASH_ENV: join(meeting.folder, "first.sh") };
    const identity = await meeting.meet(["bash", "deploy.sh"], { env });
    const script = { path: join(meeting.folder, "deploy.sh"), isOpen: false };
    expect(wholeOf(identity.ancestors[0])).toMatchObject({ script, loadsOther: true });
  },
);

test.skipIf(!hasTool("bash") || !hasTool("nc"))(
  "a shell has no open script where another file took its place (needs bash, nc)",
  async () => {
    const moved = join(meeting.folder, "moved.sh");
    writeFileSync(moved, `mv other.sh moved.sh; ${shell}`);
    writeFileSync(join(meeting.folder, "other.sh"), "echo well");
    const sha256 = createHash("sha256").update("echo well").digest("hex");
    const identity = await meeting.meet(["bash", "moved.sh"]);
    expect(identity.ancestors[0]?.script).toMatchObject({ path: moved, isOpen: false });
    expect(wholeOf(identity.ancestors[0]).script).toMatchObject({ path: moved, sha256, isOpen: false });
  },
);

test("the values of an environment are in no fact", async () => {
  const identity = await meeting.meet([node, "app.js"], { env: { NODE_OPTIONS: "--no-warnings", MARK: "m4rked" } });
  expect(JSON.stringify(identity)).not.toMatch(/m4rked|--no-warnings/);
});

/** The facts of a process above a peer, with the script read as if it were the peer. */
function wholeOf(above: ProcessFacts | undefined): ProcessFacts {
  const whole = factsAt(above?.pid ?? 0) ?? expect.fail();
  // Only the content and what is known of it were left out before.
  const { sha256: _hash, ownerUid: _owner, changedMs: _changed, ...script } = whole.script ?? { path: "" };
  if (whole.script !== undefined) expect(above?.script).toMatchObject(script);
  return whole;
}

/** A row in a title: its words, with code shortened, and its variables. */
function shown({ words, says, isOpen, loadsOther, env }: Row): string {
  const line = words.map((word) => (word.includes("\n") || word.length > 60 ? "CODE" : word.replace(node, "node")));
  const what = typeof says === "string" ? `${says}${isOpen ? ", open" : ", claimed"}` : JSON.stringify(says);
  const variables = Object.entries(env ?? {}).map(([name, value]) => `${name}=${value} `);
  return `${variables.join("")}${line.join(" ")} is ${what}${loadsOther ? " and other code" : ""}`;
}
