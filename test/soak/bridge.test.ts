// The bridge library under sanitizers: calls of many threads and forks while the agent comes and goes, and its reader of lines fed by a
// fuzzer. POSTERN_TEST_FUZZ_SECONDS makes the fuzzing longer.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { options, sources } from "../../clients/bridge/compile.ts";
import { buildLibrary, cannotRun, hasPython, python, startProgram } from "../build/bridge-host.ts";
import { envelope, newFolder, opened, removePeer, startPeer } from "../build/bridge-peer.ts";
import { hasTool } from "../tools.ts";

const MIB = 1024 * 1024;
/** Seconds of fuzzing: by default what a run in CI can afford. */
const FUZZ_SECONDS = Number(process.env.POSTERN_TEST_FUZZ_SECONDS ?? "60");

const part = (name: string) => fileURLToPath(new URL(`./bridge/${name}`, import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-b-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sanitized = ["-g", "-O1", "-fno-omit-frame-pointer", "-DPOSTERN_BRIDGE_SANITIZED"];

/** Compiles a program with the bridge's own files. Returns its path, or undefined where this compiler lacks the sanitizer. */
function compiled(compiler: string, name: string, more: readonly string[], needed = true): string | undefined {
  const program = join(folder, `${name.replace(".c", "")}-${more[0]?.replace(/\W/g, "") ?? ""}`);
  const words = [...options, ...sanitized, ...more, part(name), ...sources(), "-o", program];
  const ran = spawnSync(compiler, words, { encoding: "utf8" });
  if (ran.status === 0) return program;
  if (needed) throw new Error(ran.stderr);
  return undefined;
}

/** Numbers that are the same in each run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Plays an agent that often ends a connection in the middle of a call, and that is started anew now and then. */
async function startUnsteady(path: string, seed: number) {
  const next = numbers(seed);
  let calls = 0;
  let starts = 0;
  let over = false;
  const start = async (): Promise<{ close(): Promise<void> }> => {
    starts++;
    return startPeer(
      (line, socket) => {
        const answer = envelope(line.slice(0, line.indexOf(" ")));
        if (++calls % 500 === 0) restart();
        const dice = next();
        if (dice < 0.02) socket.destroy();
        else if (dice < 0.04) socket.end(answer.slice(0, Math.floor(next() * answer.length)));
        else return answer;
        return undefined;
      },
      { path, part: (socket) => void (next() < 0.0005 && socket.destroy()) },
    );
  };
  let running = start();
  function restart(): void {
    running = running.then(async (peer) => {
      await peer.close();
      return over ? peer : start();
    });
  }
  await running;
  return {
    starts: () => starts,
    close: async () => {
      over = true;
      await (await running).close();
    },
  };
}

type Counts = Readonly<Record<"answered" | "lost" | "absent" | "wrong" | "failed", number>>;

const sanitizers: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>])[] = [
  ["AddressSanitizer and UBSan", ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"], {}],
  // It ends a forked child by default, since it cannot follow threads that the child starts. Ours starts none.
  ["ThreadSanitizer", ["-fsanitize=thread"], { TSAN_OPTIONS: "die_after_fork=0:halt_on_error=1" }],
];

/** Processes that are forked while the threads call. Only a program without a sanitizer can do that. */
const LATE = "8";

describe
  .skipIf(!hasTool("gcc"))
  .each([...sanitizers.map((one) => [...one, "0"] as const), ["no sanitizer", ["-O2"], {}, LATE] as const])(
  "%s",
  (name, flags, env, late) => {
    test("finds nothing in calls of many threads and forks while the agent comes and goes", {
      timeout: 300_000,
    }, async () => {
      const program = compiled("gcc", "stress.c", flags) ?? "";
      const path = join(newFolder(), "agent.sock");
      const agent = await startUnsteady(path, name.length);
      const ran = await startProgram(program, ["40", "100", "1000", "8", late], { POSTERN_SOCKET: path, ...env });
      await agent.close();
      rmSync(join(path, ".."), { recursive: true, force: true });
      expect(ran).toEqual({ code: 0, out: expect.stringContaining('"wrong":0,"failed":0'), err: "" });
      const { answered, lost } = JSON.parse(ran.out) as Counts;
      expect(answered + lost).toBe((48 + Number(late)) * 100 + 1);
      // Both kinds of end came often enough to mean something.
      expect(answered).toBeGreaterThan(2_000);
      expect(lost).toBeGreaterThan(20);
      expect(agent.starts()).toBeGreaterThan(3);
    });

    test("finds nothing in messages of 50 MiB, of three threads at once", { timeout: 300_000 }, async () => {
      const program = compiled("gcc", "stress.c", flags) ?? "";
      const path = join(newFolder(), "agent.sock");
      const sizes: number[] = [];
      const peer = await startPeer(
        (line) => {
          if (line.length > MIB) sizes.push(line.length);
          return envelope(line.slice(0, line.indexOf(" ")));
        },
        { path },
      );
      const ran = await startProgram(program, ["3", "4", "2", "1", "0"], { POSTERN_SOCKET: path, ...env });
      await peer.close();
      rmSync(join(path, ".."), { recursive: true, force: true });
      expect(ran).toMatchObject({ code: 0, err: "" });
      expect(JSON.parse(ran.out)).toEqual({ answered: 17, lost: 0, absent: 0, wrong: 0, failed: 0 });
      expect(sizes).toEqual(Array(8).fill(50 * MIB));
    });
  },
);

test.skipIf(cannotRun || !hasPython)(
  "an agent that does not answer the hello is given up after ten seconds, with a reason",
  { timeout: 60_000 },
  async () => {
    const peer = await startPeer(() => envelope("1"), { hello: () => undefined });
    const began = performance.now();
    const { out } = await python(buildLibrary(folder), { POSTERN_SOCKET: peer.path }, "print(*send(b'x'))");
    const seconds = (performance.now() - began) / 1_000;
    expect(opened(out.slice(2)).text).toContain("the Postern agent does not answer");
    expect([seconds > 9.5, seconds < 30, peer.lines]).toEqual([true, true, []]);
    await removePeer(peer);
  },
);

/** How to compile the fuzzer: with libFuzzer where clang has it, and else with random inputs of its own. */
function fuzzer(): { command: readonly string[]; kind: string } {
  const checks = "address,undefined";
  const wrap = ["-fno-sanitize-recover=all", "-Wl,--wrap=recv"];
  const guided = hasTool("clang")
    ? compiled("clang", "fuzz.c", [`-fsanitize=fuzzer,${checks}`, ...wrap], false)
    : undefined;
  if (guided !== undefined)
    return {
      command: [guided, `-max_total_time=${FUZZ_SECONDS}`, "-max_len=140000", "-seed=1", "-print_final_stats=1"],
      kind: "libFuzzer",
    };
  const random = compiled("gcc", "fuzz.c", [`-fsanitize=${checks}`, "-DPOSTERN_SEEDED", ...wrap]) ?? "";
  return { command: [random, `${FUZZ_SECONDS}`, "1"], kind: "random inputs" };
}

test.skipIf(!hasTool("gcc") && !hasTool("clang"))(
  "the reader of lines reads what was sent, in every piece and with every end",
  { timeout: FUZZ_SECONDS * 1_000 + 120_000 },
  async () => {
    const { command, kind } = fuzzer();
    const [program = "", ...words] = command;
    const ran = await startProgram(program, words, {});
    expect({ kind, code: ran.code, told: ran.code === 0 ? "" : ran.err.slice(-4_000) }).toEqual({
      kind,
      code: 0,
      told: "",
    });
    const runs = Number(/number_of_executed_units: (\d+)/.exec(ran.err)?.[1] ?? ran.out);
    process.stdout.write(`test: fuzzed the bridge's reader of lines ${runs} times (${kind})\n`);
    expect(runs).toBeGreaterThan(10_000);
  },
);
