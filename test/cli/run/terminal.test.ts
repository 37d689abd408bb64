// A program under `run` at a real terminal, in a real shell with job control.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Terminal } from "../../build/terminal.ts";
import { MASK, openStage, SECRET, type Stage } from "./stage.ts";

let stage: Stage;
let terminal: Terminal;
beforeAll(async () => {
  stage = await openStage();
}, 60_000);
beforeEach(() => {
  terminal = stage.terminal();
});
afterEach(() => terminal.end());
afterAll(() => stage.end());

/** Types a line. The shell's echo of it holds neither mark that `ended` searches. */
function start(line: string): void {
  terminal.type(`echo "<be""gun>"; ${line}; echo "<en""ded>"`);
}

/** The screen between the two marks. */
async function ended(): Promise<string> {
  await terminal.sees("<ended>");
  const screen = terminal.screen();
  return screen.slice(screen.lastIndexOf(BEGUN) + BEGUN.length, screen.lastIndexOf("<ended>"));
}

const BEGUN = "<begun>\r\n";

async function shown(line: string): Promise<string> {
  start(line);
  return ended();
}

describe.each([
  ["with a secret to conceal", "run"],
  ["with nothing to conceal", "run --no-masking"],
])("%s", (_name, run) => {
  test.each([
    ["echo hi | postern RUN -- cat", "hi\r\n"],
    ["postern RUN -- md5sum < five", "014835e36358e38c7f7897d6571e4529  -\r\n"],
    ["postern RUN -- cat < /dev/null", ""],
    ["yes 2> /dev/null | postern RUN -- head -2", "y\r\ny\r\n"],
    ["postern RUN -- sh -c 'test -t 0 && test -t 1 && test -t 2 && echo all three'", "all three\r\n"],
    ["postern RUN -- sh -c 'stty size; exit 7'; echo code $?", "50 200\r\ncode 7\r\n"],
  ])("%s ends, and shows it", async (line, screen) => {
    writeFileSync(join(stage.home, "five"), "five\n");
    expect(await shown(line.replace("RUN", run))).toBe(screen);
  });

  test("a missing program is reported, with the code of shells", async () => {
    const screen = await shown(`postern ${run} -- no-such-program-here; echo code $?`);
    expect(screen).toContain("was not found\r\n");
    expect(screen).toContain("code 127\r\n");
  });

  test("each descriptor counts by itself: a terminal stays a terminal, a redirect stays a redirect", async () => {
    const ask = "for fd in 0 1 2; do test -t $fd && printf t || printf f; done";
    const line = `postern ${run} -- sh -c '{ ${ask}; } > seen; echo out; echo err >&2' 2> err.log; cat seen err.log`;
    expect(await shown(line)).toBe("out\r\ntfferr\r\n");
    expect(await shown(`postern ${run} -- sh -c '{ ${ask}; } 2> seen; echo err >&2' > out.log; cat out.log seen`)).toBe(
      "err\r\ntff",
    );
  });

  test("Ctrl-C ends the program and a shell's loop, with the signal's code", async () => {
    start(`for i in 1 2 3; do postern ${run} -- sh -c 'echo sle""eps; exec sleep 30'; done`);
    await terminal.sees("sleeps\r\n");
    terminal.key("\u0003");
    await terminal.sees("$ ");
    terminal.type("echo code $?");
    await terminal.sees("code 130\r\n");
    expect(terminal.screen()).not.toContain("<ended>");
  });

  test("Ctrl-Z stops the job, fg and bg go on with it", async () => {
    terminal.type(`postern ${run} -- sh -c 'echo be""gun; read line; echo "got $line"; sleep 0.2; echo ov""er'`);
    await terminal.sees("begun\r\n");
    terminal.key("\u001a");
    await terminal.sees("Stopped");
    expect(await shown("jobs")).toContain("Stopped");
    terminal.type("fg");
    await terminal.sees("sh -c");
    terminal.type("words");
    await terminal.sees("got words\r\n");
    await terminal.sees(/over\r\n.*\$ /);
    // Uses exec. Even without Postern, a shell that is stopped while it starts a program hangs (vfork).
    terminal.type(`postern ${run} -- sh -c 'echo ag""ain; exec sleep 0.5'`);
    await terminal.sees("again\r\n");
    terminal.key("\u001a");
    await terminal.sees("Stopped");
    expect(await shown("bg; wait; jobs; echo nothing left")).toMatch(/nothing left\r\n$/);
  });

  test("the terminal keeps the modes in which the program left it", async () => {
    const line = `stty -a > before; postern ${run} -- true; stty -a > same; postern ${run} -- stty -echo; stty -a > silent; stty echo; cmp before same; grep -c -- ' -echo ' silent`;
    expect(await shown(line)).toBe("1\r\n");
  });

  test("keys go to the next program of a pipe", async () => {
    writeFileSync(join(stage.home, "rows"), Array.from({ length: 300 }, (_row, index) => `row ${index}\n`).join(""));
    terminal.type(`postern ${run} -- cat rows | less`);
    await terminal.sees("row 20");
    terminal.key("G");
    await terminal.sees("row 299");
    terminal.key("q");
    await terminal.sees("$ ");
  });

  test("what is pasted arrives whole, also 180 KB of letters of several bytes", async () => {
    const line = `${"žluťoučký kůň ".repeat(10)}\n`;
    const pasted = line.repeat(Math.ceil(180_000 / Buffer.byteLength(line)));
    start(`postern ${run} -- sh -c 'stty -echo; echo re""ady; cat > pasted; stty echo'`);
    await terminal.sees("ready\r\n");
    terminal.key(`${pasted.replaceAll("\n", "\r")}\u0004`);
    await ended();
    const got = readFileSync(join(stage.home, "pasted"), "utf8");
    expect([got.length, got === pasted]).toEqual([pasted.length, true]);
  });

  test("output of several bytes a letter is not cut between them", async () => {
    const text = "žluťoučký kůň úpěl ďábelské ódy ".repeat(6_000);
    writeFileSync(join(stage.home, "letters"), text);
    expect((await shown(`postern ${run} -- cat letters`)) === text).toBe(true);
  });
});

describe("at a terminal", () => {
  test("the program has the descriptors that it would have alone", async () => {
    const alone = await shown("sh -c 'ls /proc/self/fd'");
    expect(await shown("postern run -- sh -c 'ls /proc/self/fd'")).toBe(alone);
  });

  test("it ends with the program while another one prints in the background, and any signal ends it", async () => {
    expect(await shown("postern run -- sh -c 'timeout 3 yes & exit 3'; echo code $?")).toContain("code 3\r\n");
  });

  test("errors go to the terminal that they were sent to", async () => {
    const other = stage.terminal();
    other.type('tty; echo "<he""re>"');
    const [, path = ""] = await other.sees(/(\/dev\/pts\/\d+)\r\n<here>/);
    expect(await shown(`postern run -- sh -c 'echo out; echo "err $DB" >&2; test -t 2' 2> ${path}; echo code $?`)).toBe(
      "out\r\ncode 0\r\n",
    );
    await other.sees(`err ${MASK}`);
    other.end();
  });

  test("Ctrl-Z stops the job while the next of a pipe still takes the output", async () => {
    // The test does not use `less`, which sometimes loses the signal even without Postern.
    terminal.type("postern run -- seq 1 100000 | sh -c 'read one; echo re\"\"ads; exec sleep 60'");
    await terminal.sees("reads\r\n");
    terminal.key("\u001a");
    await terminal.sees("Stopped");
    terminal.type("kill %1; fg");
    await terminal.sees(/\$ /);
  });

  test("Ctrl-Z stops the job while the next of a pipe still takes the output of a program that is ending", async () => {
    terminal.type(
      `postern run -- sh -c 'trap "" TSTP; seq 1 100000; until test -e go; do sleep 0.01; done' | sh -c 'read one; echo re""ads; exec sleep 60'`,
    );
    await terminal.sees("reads\r\n");
    terminal.key("\u001a");
    // The shell of the pipe has stopped by now, and the program ends.
    await terminal.sees("^Z");
    writeFileSync(join(stage.home, "go"), "");
    await terminal.sees("Stopped");
    terminal.type("kill %1; fg; rm go");
    await terminal.sees(/\$ /);
  });

  test("secrets are concealed, typed ones too", async () => {
    start(`postern run -- sh -c 'echo "it is $DB"; read line; echo "again $line"'`);
    await terminal.sees(`it is ${MASK}\r\n`);
    terminal.type(SECRET);
    await terminal.sees(`again ${MASK}\r\n`);
    await ended();
    expect(terminal.screen()).not.toContain(SECRET);
  });

  test("the first letters of a secret are shown after a pause", async () => {
    start(`postern run -- sh -c 'printf "Name: hu""nt"; read line; echo "<$line>"'`);
    await terminal.sees("Name: hunt");
    terminal.type("x");
    await terminal.sees("<x>\r\n");
  });

  test.each(["INT", "TERM", "HUP", "USR1", "QUIT"])(
    "SIG%s sent to run reaches the program, and the terminal is given back",
    async (name) => {
      const program = `trap "echo got ${name}; exit 9" ${name}; echo re""ady; while :; do sleep 0.02; done`;
      start(`postern run -- sh -c '${program}' at-terminal; echo code $?; stty -a | grep -c " echo "`);
      await terminal.sees("ready\r\n");
      await stage.shell(`kill -${name} $(pgrep -f -o '[p]ostern.js run -- sh -c trap.*at-terminal')`);
      expect(await ended()).toContain(`got ${name}\r\ncode 9\r\n1\r\n`);
    },
  );

  test("a kill -9 of run gives the terminal back and ends the program", async () => {
    start(
      "postern run -- sh -c 'echo $$ > pid; stty raw -echo; echo re\"\"ady; exec sleep 60' at-terminal; echo code $?",
    );
    await terminal.sees("ready");
    await stage.shell("kill -KILL $(pgrep -f -o '[p]ostern.js run -- sh -c echo.*at-terminal')");
    expect(await ended()).toContain("code 137\r\n");
    const line = "while kill -0 $(cat pid) 2>/dev/null; do sleep 0.02; done; stty -a | grep -c ' echo '";
    expect(await shown(line)).toBe("1\r\n");
  });

  test("what a background child prints after the end arrives, concealed", async () => {
    start(`postern run -- sh -c '(sleep 0.4; echo "late $DB") & echo do""ne'`);
    expect(await ended()).toContain("done\r\n");
    await terminal.sees(`late ${MASK}\r\n`);
  });

  test("a job in the background leaves the terminal alone, and takes the keys once it is in front", async () => {
    terminal.type(`postern run -- sh -c 'echo re""ady; read line; echo "got $line"' &`);
    await terminal.sees("ready");
    expect(await shown("echo shell")).toBe("shell\r\n");
    terminal.type("fg");
    await terminal.sees("sh -c");
    terminal.type("words");
    await terminal.sees("got words\r\n");
    await terminal.sees("$ ");
    start('postern run -- sh -c \'read line; echo "[$line]"; stty -a | grep -c " icanon "\' & sleep 0.3; fg');
    await terminal.sees("sh -c");
    terminal.type("more");
    expect(await ended()).toMatch(/\[more\]\r\n1\r\n$/);
  });
});
