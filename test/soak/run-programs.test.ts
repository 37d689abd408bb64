// Tests `run` at a real terminal. Each of the three descriptors is a terminal, a pipe, a file or nothing, in every combination. Other tests run
// programs that take a terminal over.
import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Terminal } from "../build/terminal.ts";
import { MASK, openStage, SECRET, type Stage } from "../cli/run/stage.ts";

let stage: Stage;
let terminal: Terminal;
beforeAll(async () => {
  stage = await openStage();
  writeFileSync(join(stage.home, "probe"), PROBE, { mode: 0o755 });
  writeFileSync(join(stage.home, "in"), "input\n");
}, 60_000);
beforeEach(() => {
  terminal = stage.terminal();
});
afterEach(() => terminal.end());
afterAll(() => stage.end());

/** Reports the kind of each descriptor, reads its input, and writes to both outputs. A closed descriptor arrives as a device. */
const PROBE = `#!/bin/sh
exec 9> facts
for fd in 0 1 2; do
  if [ -t $fd ]; then printf t >&9; elif [ -p /dev/fd/$fd ]; then printf p >&9; elif [ -f /dev/fd/$fd ]; then printf f >&9
  elif [ -c /dev/fd/$fd ]; then printf c >&9; else printf x >&9; fi
done
[ -t 0 ] || cat > got
echo "out $DB"
echo "err $DB" >&2
`;

const kinds = ["terminal", "pipe", "file", "closed"] as const;
type Kind = (typeof kinds)[number];

const combinations = kinds.flatMap((input) =>
  kinds.flatMap((output) => kinds.map((errors) => [input, output, errors] as const)),
);

function lineOf(command: string, [input, output, errors]: readonly [Kind, Kind, Kind]): string {
  const from = { terminal: "", pipe: "", file: "< in", closed: "<&-" }[input];
  const to = { terminal: "", pipe: "", file: "> out", closed: ">&-" }[output];
  const aside = { terminal: "", pipe: "2> >(cat > err)", file: "2> err", closed: "2>&-" }[errors];
  return `${input === "pipe" ? "cat in | " : ""}${command} ${from} ${to} ${aside}${output === "pipe" ? " | cat > out" : ""}`;
}

describe.each([
  ["with a secret to conceal", "run", MASK],
  ["with nothing to conceal", "run --no-masking", SECRET],
])("%s", (_name, run, value) => {
  test.each(combinations)("stdin a %s, stdout a %s, stderr a %s", async (...kind) => {
    for (const name of ["facts", "got", "out", "err"]) rmSync(join(stage.home, name), { force: true });
    terminal.type(`${lineOf(`postern ${run} -- ./probe`, kind)}; wait; echo "<en""ded>"`);
    await terminal.sees("<ended>");
    const [input, output, errors] = kind;
    const seen = { terminal: "t", pipe: "p", file: value === MASK ? "p" : "f", closed: "c" };
    const facts = { terminal: "t", pipe: "p", file: "f", closed: "c" }[input] + seen[output] + seen[errors];
    expect(readFileSync(join(stage.home, "facts"), "utf8")).toBe(facts);
    if (input !== "terminal") expect(content("got")).toBe(input === "closed" ? "" : "input\n");
    if (output === "pipe" || output === "file") expect(content("out")).toBe(`out ${value}\n`);
    if (errors === "pipe" || errors === "file") await expect.poll(() => content("err")).toBe(`err ${value}\n`);
    expect(terminal.screen().includes(`out ${value}\r\n`)).toBe(output === "terminal");
    expect(terminal.screen().includes(`err ${value}\r\n`)).toBe(errors === "terminal");
  });

  test("a random file of 64 MB comes out byte for byte, through a pipe and into a file", async () => {
    await stage.shell("head -c 67108864 /dev/urandom > big");
    const right = await sha("big");
    const piped = await stage.shell(`postern ${run} -- cat big | sha256sum; postern ${run} -- cat big > copy`);
    expect(piped.out.toString()).toBe(`${right}  -\n`);
    expect(await sha("copy")).toBe(right);
  }, 120_000);

  test("an editor draws, stops at Ctrl-Z, and writes its file", async () => {
    terminal.type(`postern ${run} -- vi -n -u NONE written`);
    // In quotes: without them it would be the echo of the command, and the editor would not read keys yet.
    await terminal.sees('"written"');
    terminal.key("ihello");
    await terminal.sees("hello");
    terminal.key("\u001b:stop\r");
    await terminal.sees("Stopped");
    terminal.type('echo sh""ell');
    await terminal.sees("shell\r\n");
    terminal.type("fg");
    await terminal.sees("hello");
    terminal.key("A there\u001b:wq\r");
    await expect.poll(() => content("written")).toBe("hello there\n");
    // The editor writes before it ends, and drops the keys that come until then.
    await terminal.sees(/\$ $/);
    terminal.type('stty -a | grep -c " echo "; echo "<en""ded>"');
    await terminal.sees("1\r\n<ended>");
    rmSync(join(stage.home, "written"));
  });

  test("a shell has job control of its own", async () => {
    terminal.type(`PS1='in''ner> ' postern ${run} -- bash --norc --noprofile -i`);
    await terminal.sees("inner> ");
    expect(terminal.screen()).not.toContain("no job control");
    terminal.type(`sh -c 'echo wa""its; read line; echo "got $line"'`);
    await terminal.sees("waits\r\n");
    terminal.key("\u001a");
    await terminal.sees(/Stopped.*inner> /s);
    terminal.type("fg");
    await terminal.sees("sh -c");
    terminal.type("words");
    await terminal.sees(/got words\r\n.*inner> /s);
    terminal.type("exit 4");
    await terminal.sees("$ ");
    terminal.type("echo code $?");
    await terminal.sees("code 4\r\n");
  });

  test("a question on /dev/tty is asked and answered, also where the output goes elsewhere", async () => {
    for (const to of ["", "> log"]) {
      for (const name of ["key", "key.pub"]) rmSync(join(stage.home, name), { force: true });
      terminal.type(`postern ${run} -- ssh-keygen -t ed25519 -f key ${to}; echo "<en""ded>"`);
      await terminal.sees("passphrase");
      terminal.type("correct horse");
      await terminal.sees("again");
      terminal.type("correct horse");
      await terminal.sees("<ended>");
      expect(existsSync(join(stage.home, "key.pub"))).toBe(true);
      expect(terminal.screen()).not.toContain("correct horse");
    }
  });
});

const content = (name: string): string =>
  existsSync(join(stage.home, name)) ? readFileSync(join(stage.home, name), "utf8") : "missing";

async function sha(name: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(join(stage.home, name)), hash);
  return hash.digest("hex");
}
