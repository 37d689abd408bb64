// A program under `run` without a terminal, seen from a script, a pipeline or a file. Each row runs twice, with a secret to conceal and without
// one, since these are two ways in the code.
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { command } from "../../programs.ts";
import { MASK, openStage, SECRET, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
}, 60_000);
afterAll(() => stage.end());

const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe.each([
  ["with a secret to conceal", "run"],
  ["with nothing to conceal", "run --no-masking"],
])("%s", (_name, run) => {
  test("binary output comes out byte for byte", async () => {
    const bytes = randomBytes(1_000_000);
    writeFileSync(join(stage.home, "random"), bytes);
    expect(sha((await stage.shell(`postern ${run} -- cat random`)).out)).toBe(sha(bytes));
    expect(sha((await stage.shell(`postern ${run} -- gzip -c random | gunzip`)).out)).toBe(sha(bytes));
    await stage.shell(`postern ${run} -- cat random > copy`);
    expect(sha(readFileSync(join(stage.home, "copy")))).toBe(sha(bytes));
  });

  test("stdin is the program's alone, and waits as long as it waits", async () => {
    const late = await stage.shell(`(sleep 0.6; echo hi) | postern ${run} -- cat | cat`);
    expect([late.out.toString(), late.err]).toEqual(["hi\n", ""]);
    expect((await stage.shell(`seq 1 200000 | postern ${run} -- wc -l`)).out.toString().trim()).toBe("200000");
    const rest = await stage.shell(`seq 1 3 | { postern ${run} -- true; cat; }`);
    expect(rest.out.toString()).toBe("1\n2\n3\n");
  });

  test("a writer whose reader has ended gets SIGPIPE on both sides", async () => {
    const ran = await stage.shell(`yes | postern ${run} -- head -1; yes | postern ${run} -- cat | head -1`);
    expect(ran.out.toString()).toBe("y\ny\n");
  });

  test("the descriptors that it was given are the program's: pipes of a shell, files, the order of 2>&1", async () => {
    const options = { shell: "bash" };
    const diff = await stage.shell(`postern ${run} -- diff <(echo a) <(echo b)`, options);
    expect(diff.out.toString()).toBe("1c1\n< a\n---\n> b\n");
    const fifth = await stage.shell(
      `echo fifth > five; postern ${run} -- sh -c 'cat <&5; echo sixth >&6' 5< five 6> six`,
    );
    expect(fifth.out.toString() + readFileSync(join(stage.home, "six"), "utf8")).toBe("fifth\nsixth\n");
    const both = await stage.shell(
      `postern ${run} -- sh -c 'for i in 1 2 3 4 5 6 7 8; do echo o$i; echo e$i >&2; done' 2>&1`,
    );
    expect(both.out.toString()).toBe([1, 2, 3, 4, 5, 6, 7, 8].map((i) => `o${i}\ne${i}\n`).join(""));
  });

  test("no descriptor becomes non-blocking for the processes that share it", async () => {
    const flags = `grep flags /proc/self/fdinfo/0 /proc/self/fdinfo/1 /proc/self/fdinfo/2 >&3`;
    const ran = await stage.shell(
      `sh -c '${flags}' 3> before; postern ${run} -- sh -c '${flags}' 3> within; sh -c '${flags}' 3> after`,
    );
    expect(ran.err).toBe("");
    const [before, within, after] = ["before", "within", "after"].map((name) =>
      readFileSync(join(stage.home, name), "utf8"),
    );
    expect(after).toBe(before);
    expect(within).not.toMatch(/flags:\s*\d*4\d{3}\n/);
  });

  test("signals, limits and ignored signals are the same as for the program alone", async () => {
    const facts = `grep -E "^Sig(Blk|Ign)" /proc/self/status; ulimit -Sn; ulimit -Sc; ulimit -Hn`;
    const alone = await stage.shell(`ulimit -Sn 300; ulimit -Sc 0; sh -c '${facts}'; true`);
    const under = await stage.shell(`ulimit -Sn 300; ulimit -Sc 0; postern ${run} -- sh -c '${facts}'; true`);
    // posix_spawn sets the two signals that the C library keeps for itself.
    const own = /^SigIgn:\t00000001800/m;
    expect(under.out.toString().replace(own, "SigIgn:\t00000000000")).toBe(alone.out.toString());
  });

  test("words and variables that are no UTF-8 arrive as they were", async () => {
    const bytes = "$(printf 'caf\\351')";
    const ran = await stage.shell(`ODD="${bytes}" postern ${run} -- sh -c 'printf "%s|%s" "$1" "$ODD"' sh "${bytes}"`);
    expect(ran.out.toString("latin1")).toBe("caf\u00e9|caf\u00e9");
  });

  test("a script without #! runs, and what is found later on PATH too", async () => {
    writeFileSync(join(stage.home, "plain"), "echo plain $1\n", { mode: 0o755 });
    expect((await stage.shell(`postern ${run} -- ./plain one`)).out.toString()).toBe("plain one\n");
    expect(
      (
        await stage.shell(`postern ${run} -- plain one`, { env: { PATH: `/nowhere:${stage.env.PATH}:${stage.home}` } })
      ).out.toString(),
    ).toBe("plain one\n");
  });

  test.each([
    ["a code", "exit 7", 7],
    ["SIGTERM", "kill -TERM $$", 143],
    ["SIGKILL", "kill -KILL $$", 137],
    ["SIGPIPE", "kill -PIPE $$", 141],
  ])("it ends as the program ends: by %s", async (_how, script, code) => {
    const ran = await stage.shell(`postern ${run} -- sh -c '${script}'; echo $?`);
    expect(ran.out.toString()).toBe(`${code}\n`);
  });

  test.each(["INT", "USR1", "USR2", "TERM", "HUP", "QUIT", "ALRM"])(
    "kill -%s reaches the program, which decides",
    async (name) => {
      const program = `trap "echo got ${name}; exit 9" ${name}; echo ready; while :; do sleep 0.02; done`;
      const ran = await stage.shell(
        `rm -f log; postern ${run} -- sh -c '${program}' > log & pid=$!; until grep -qs ready log; do sleep 0.02; done; kill -${name} $pid; wait $pid; echo $?; cat log`,
      );
      expect(ran.out.toString()).toBe(`9\nready\ngot ${name}\n`);
    },
  );

  test("it ends with the program, and what a grandchild writes later still arrives, concealed", async () => {
    const ran = await stage.shell(
      `postern ${run} -- sh -c '(until test -e go; do sleep 0.02; done; echo late $DB) & echo done' > late; cat late; touch go; until grep -q late late; do sleep 0.02; done; cat late; rm go`,
    );
    const shown = run === "run" ? MASK : SECRET;
    expect(ran.out.toString()).toBe(`done\ndone\nlate ${shown}\n`);
  });

  test("a signal to the whole job ends it by that signal, with all of its output", async () => {
    const ran = await stage.shell(
      `set -m; for i in 1 2 3 4 5; do postern ${run} -- sh -c 'seq 1 60000; echo up >&2; exec sleep 60' > job 2> up & pid=$!; until grep -qs up up; do sleep 0.02; done; kill -TERM -$pid; wait $pid; echo "$? $(wc -l < job)"; rm up; done`,
      { shell: "bash" },
    );
    expect(ran.out.toString()).toBe("143 60000\n".repeat(5));
  });

  test("the program finds no child that is not its own", async () => {
    const program = "import os\ntry:\n  print(os.waitpid(-1, 0))\nexcept ChildProcessError:\n  print('none')";
    const ran = await stage.shell(`HOST=op://Demo/DB/host DB= postern ${run} -- python3 -c "${program}"`);
    expect(ran.out.toString()).toBe("none\n");
  });

  test("while its output is still taken, a signal ends run", async () => {
    const ran = await stage.shell(
      `mkfifo full; exec 8<>full; postern ${run} -- sh -c 'head -c 300000 /dev/zero; true' > full 8<&- & pid=$!; until test $(head -c 1 <&8 | wc -c) = 1; do :; done; kill -TERM $pid; wait $pid; echo $?; rm full`,
    );
    expect(ran.out.toString()).toBe("143\n");
    const killed = await stage.shell(
      `mkfifo full; exec 8<>full; postern ${run} -- sh -c 'exec head -c 3000000 /dev/zero' > full 8<&- & pid=$!; until test $(head -c 1 <&8 | wc -c) = 1; do :; done; kill -TERM $pid; wait $pid; echo $?; rm full`,
    );
    expect(killed.out.toString()).toBe("143\n");
  });

  test("a kill -9 takes the program with it", async () => {
    const ran = await stage.shell(
      `postern ${run} -- sh -c 'echo $$ > pid; exec sleep 60' & until test -s pid; do sleep 0.02; done; kill -9 $!; while kill -0 $(cat pid) 2>/dev/null; do sleep 0.02; done; rm pid; echo gone`,
    );
    expect(ran.out.toString()).toBe("gone\n");
  });

  test("output that cannot be written is a failure", async () => {
    const long = await stage.shell(`postern ${run} -- head -c 300000 /dev/zero > /dev/full; echo $?`);
    expect(long.out.toString()).toBe("1\n");
    expect(long.err).toMatch(/ENOSPC|No space left/);
    const told = await stage.shell(`postern ${run} -- echo hi > /dev/full; echo $?`);
    expect(told.out.toString()).toBe("1\n");
    expect(told.err).toMatch(/ENOSPC|No space left/);
  });

  test("NODE_OPTIONS is the program's, and not the command's", async () => {
    const loaded = join(stage.home, "loaded.cjs");
    writeFileSync(loaded, `require("node:fs").appendFileSync("${stage.home}/loads", process.argv.length + "\\n");`);
    const line = readFileSync(command, "utf8").split("\n", 1)[0] ?? "";
    const shebang = line.slice("#!/usr/bin/env -S ".length);
    const ran = await stage.shell(
      `env -S '${shebang}' '${command}' ${run} -- sh -c 'echo "$NODE_OPTIONS$POSTERN_NODE_OPTIONS"'; cat loads 2>&1`,
      { env: { NODE_OPTIONS: `--no-warnings --require=${loaded}` } },
    );
    expect(ran.out.toString()).toMatch(/^--no-warnings --require=\S+\ncat: loads: No such file/);
  });
});

// The test stops run meanwhile. So run learns of the end and of the signal at once, in either order.
test("a signal that comes just after the program's end, while its output is still taken, ends run", async () => {
  const program = "echo $$ > pid; until test -e go; do sleep 0.02; done; head -c 300000 /dev/zero; true";
  const ran = await stage.shell(
    `mkfifo full; exec 8<>full; for i in 1 2 3 4 5 6; do postern run -- sh -c '${program}' > full 8<&- & pid=$!; until test -s pid; do sleep 0.02; done; kill -STOP $pid; touch go; until grep -q 'State:.Z' /proc/$(cat pid)/status; do sleep 0.02; done; kill -TERM $pid; kill -CONT $pid; wait $pid; echo $?; rm pid go; done; rm full`,
  );
  expect(ran.out.toString()).toBe("143\n".repeat(6));
});

describe("concealment", () => {
  test("a kill -9 takes the program with it before run has seen it start", async () => {
    const ran = await stage.shell(
      `for i in 1 2 3 4 5; do postern run -- sh -c 'echo $$ > pid; kill -9 $PPID; exec sleep 60'; while kill -0 $(cat pid) 2>/dev/null; do sleep 0.02; done; rm pid; echo gone; done`,
    );
    expect(ran.out.toString()).toBe("gone\n".repeat(5));
  });

  test("covers each secret in stdout and stderr, in the forms of the README, and no other value", async () => {
    const ran = await stage.shell(
      `HOST=op://Demo/DB/host KEY=op://Demo/Key/password postern run -- sh -c 'echo "$DB on $HOST"; echo "$DB" >&2; X=$(echo "$KEY"); echo "$X"; echo "$KEY" | grep -c MIIE; echo "$KEY" | grep MIIE | head -1; printf %s "$DB" | base64'`,
    );
    const lines = ran.out.toString().split("\n");
    expect(lines).toEqual([`${MASK} on db.example.org`, MASK, "3", MASK, MASK, ""]);
    expect(ran.err).toBe(`${MASK}\n`);
  });

  test("does not concern the help, which ends quietly when nobody reads it", async () => {
    const ran = await stage.shell("postern run --help | true; postern run --help > /dev/full; echo $?");
    expect(ran.err).toBe("");
  });

  test("needs a reference: without any, a value that only resembles one is reported by name", async () => {
    const ran = await stage.shell("DB='op//Demo/DB/password' X='OP://Demo/DB/password' postern run -- true");
    expect(ran.err).toMatch(/value of DB looks like[^\n]*\n.*value of X looks like/);
  });

  test("includes core files: run and the relay leave none, and the program has its own limit", async () => {
    const script =
      "until grep -q 'core file size *0 ' /proc/$PPID/limits; do :; done; grep core /proc/$PPID/limits; ulimit -Sc; pgrep -f '[r]elay.[jt]s' | sed 's,.*,/proc/&/limits,' | xargs grep -h core";
    const ran = await stage.shell(
      `ulimit -Sc 100 2>/dev/null; postern run -- sh -c "${script.replaceAll("$", "\\$")}"`,
    );
    const soft = [...ran.out.toString().matchAll(/^Max core file size +(\d+)/gm)].map((found) => found[1]);
    expect(soft.length).toBeGreaterThanOrEqual(2);
    expect(new Set(soft)).toEqual(new Set(["0"]));
    expect(ran.out.toString()).toMatch(/^100$/m);
  });

  test("delays output until a pause at most: then the first letters of a secret are shown", async () => {
    const ran = await stage.shell(
      `postern run -- sh -c 'printf hunt; until test -e seen; do sleep 0.02; done; echo; rm seen' | { head -c 4; touch seen; cat; }`,
    );
    expect(ran.out.toString()).toBe("hunt\n");
  });

  test("is impossible for a value with a zero byte: the program is not started, and its variable is named", async () => {
    for (const json of ["", "--json "]) {
      const ran = await stage.shell(`Z=op://Demo/Zero/password postern run ${json}-- sh -c 'echo started'`);
      expect([ran.code, ran.out.toString()]).toEqual([2, ""]);
      expect(ran.err).toMatch(/Z\b.*zero byte/);
      expect(ran.err).not.toContain("behind");
    }
  });
});
