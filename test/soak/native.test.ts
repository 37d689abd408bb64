// The native command's readers under AddressSanitizer and UBSan, fed by a fuzzer, and the command for arm64 under qemu. POSTERN_TEST_FUZZ_SECONDS
// makes the fuzzing longer.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VERSION } from "../../clients/cli/version.ts";
import { compileCommand, options, sources, staticCompilerFor, targets } from "../../clients/native/compile.ts";
import { startProgram } from "../build/bridge-host.ts";
import { fresh, result, withAgent } from "../native/fake-agent.ts";
import { runIn } from "../native/stage.ts";
import { hasTool } from "../tools.ts";

/** Seconds of fuzzing: by default what a run in CI can afford. */
const FUZZ_SECONDS = Number(process.env.POSTERN_TEST_FUZZ_SECONDS ?? "60");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-nf-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const harness = fileURLToPath(new URL("./native/fuzz.c", import.meta.url));
/** The readers. The other files hold main(), and what acts on the process. */
const READERS = /\/(?:answer|json|reference|request|utf8)\.c$/;

/** Compiles the fuzzer. Undefined where this compiler lacks the sanitizer. */
function compiled(compiler: string, more: readonly string[], needed: boolean): string | undefined {
  const program = join(folder, compiler);
  const words = [...options(VERSION), "-g", "-O1", "-fno-omit-frame-pointer", "-fno-sanitize-recover=all", ...more];
  const ran = spawnSync(
    compiler,
    [...words, harness, ...sources().filter((file) => READERS.test(file)), "-o", program],
    {
      encoding: "utf8",
    },
  );
  if (ran.status === 0) return program;
  if (needed) throw new Error(ran.stderr);
  return undefined;
}

/** How to start the fuzzer: with libFuzzer where clang has it, and else with random inputs of its own. */
function fuzzer(): { command: readonly string[]; kind: string } {
  const guided = hasTool("clang") ? compiled("clang", ["-fsanitize=fuzzer,address,undefined"], false) : undefined;
  if (guided === undefined) {
    const random = compiled("gcc", ["-fsanitize=address,undefined", "-DPOSTERN_SEEDED"], true) ?? "";
    return { command: [random, `${FUZZ_SECONDS}`, "1"], kind: "random inputs" };
  }
  // libFuzzer finds its way from whole answers.
  const corpus = join(folder, "corpus");
  spawnSync("mkdir", [corpus]);
  const answers = [
    `\0${result(1, { protocol: 2, features: ["a"], notices: [], limits: { a: -1.5e3 } })}`,
    `\x01${result(2, fresh("a\n\u0001é😀"))}`,
    `\x02${result(2, { outcomes: [fresh("one"), fresh('"')] })}`,
    "rop://vault/item/field?attribute=otp",
  ];
  answers.forEach((text, index) => {
    writeFileSync(join(corpus, `${index}`), text.trimEnd());
  });
  const words = [corpus, `-max_total_time=${FUZZ_SECONDS}`, "-max_len=8192", "-seed=1", "-print_final_stats=1"];
  return { command: [guided, ...words], kind: "libFuzzer" };
}

test.skipIf(!hasTool("gcc") && !hasTool("clang"))(
  "no answer and no reference makes a reader leave its bytes, and what is accepted is text",
  { timeout: FUZZ_SECONDS * 1_000 + 120_000 },
  async () => {
    const { command, kind } = fuzzer();
    const [program = "", ...words] = command;
    const ran = await startProgram(program, words, {});
    const told = ran.code === 0 ? "" : ran.err.slice(-4_000);
    expect({ kind, code: ran.code, told }).toEqual({ kind, code: 0, told: "" });
    const runs = Number(/number_of_executed_units: (\d+)/.exec(ran.err)?.[1] ?? ran.out);
    process.stdout.write(`test: fuzzed the native command's readers ${runs} times (${kind})\n`);
    expect(runs).toBeGreaterThan(100_000);
  },
);

const arm64 = targets.find(({ name }) => name === "linux-arm64");
const crossCompiler = arm64 === undefined ? undefined : staticCompilerFor(arm64);

describe.skipIf(crossCompiler === undefined || !hasTool("qemu-aarch64"))("for arm64, under qemu", () => {
  let program: string;
  beforeAll(() => {
    program = join(folder, "native", "linux-arm64", "postern");
    if (crossCompiler !== undefined) compileCommand(crossCompiler, VERSION, program);
  });

  test("it shows its version", () => {
    const ran = spawnSync("qemu-aarch64", [program, "--version"], { encoding: "utf8" });
    expect([ran.status, ran.stdout, ran.stderr]).toEqual([0, `${VERSION}\n`, ""]);
  });

  test("it reads, and runs a program with its variables", async () => {
    await withAgent(
      ({ id, method }) => {
        if (method === "secrets.resolve") return result(id, fresh("日本 ünï"));
        return method === "secrets.resolveAll" ? result(id, { outcomes: [fresh("of arm")] }) : undefined;
      },
      async ({ home }) => {
        const how = { env: { A: "op://D/i/f" } };
        const read = await runIn(home, ["qemu-aarch64", program, "read", "op://D/i/f"], how);
        expect(Buffer.from(read.out, "latin1").toString()).toBe("日本 ünï");
        const words = ["run", "--no-masking", "--", "sh", "-c", 'printf %s "$A"'];
        expect(await runIn(home, ["qemu-aarch64", program, ...words], how)).toMatchObject({ code: 0, out: "of arm" });
      },
    );
  });
});
