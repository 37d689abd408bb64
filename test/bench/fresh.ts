// Fresh processes: what one call of a tool costs a script, beside the tools that people use for the same. A small program in C starts them, since
// Node's own spawn would cost more than most of them.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { spawn as spawnOnTerminal } from "@lydell/node-pty";
import type { Channel } from "../../clients/typescript/channel.ts";
import { PASSWORD, PIN } from "../agent/person.ts";
import { hasTool } from "../tools.ts";
import { agentWords, approvingPerson, home as benchHome, here, shipped, started, statusOf } from "./programs.ts";

/** A home of its own: with a first account nobody is asked for another one's password. */
const home = join(benchHome, "fresh");
const socket = join(home, "run", "agent.sock");
const env = { HOME: home, POSTERN_HOME: home, PATH: process.env.PATH ?? "" };

/** 60 runs each. */
const ROUNDS = 6;
const RUNS_OF_ROUND = 10;
/** As many as a server has. */
const REFERENCES = 13;
const READS_OF_LOOP = 100;

const REFERENCE = "op://Fresh/item 0/password";

type Tool = {
  readonly name: string;
  readonly words: readonly string[];
  /** The program that must be there. */
  readonly needs?: string;
  /** Milliseconds that it may take: half of all runs, and 95 of 100. */
  readonly p50?: number;
  readonly p95?: number;
};

const native = join(shipped, "native", `${process.platform}-${process.arch}`, "postern");
const node = join(shipped, "postern.js");
const running = ["run", "--no-masking", "--", "true"];
const loop = (command: string) =>
  `i=0; while [ $i -lt ${READS_OF_LOOP} ]; do '${command}' read '${REFERENCE}'; i=$((i+1)); done`;

const tools: readonly Tool[] = [
  { name: "`true`", words: ["true"] },
  { name: "`keyctl print`", needs: "keyctl", words: ["keyctl", "print", "%user:postern-bench"] },
  { name: "`gpg-connect-agent /bye`", needs: "gpg-connect-agent", words: ["gpg-connect-agent", "/bye"] },
  { name: "`ssh-add -l`", needs: "ssh-add", words: ["ssh-add", "-l"] },
  { name: "`secret-tool lookup`", needs: "secret-tool", words: ["secret-tool", "lookup", "postern", "bench"] },
  { name: "`pass show`", needs: "pass", words: ["pass", "show", "bench"] },
  { name: "`node -e 0`", words: [process.execPath, "-e", "0"] },
  { name: "the Node command, `read`", words: [node, "read", REFERENCE] },
  { name: "the native command, `--version`", needs: native, words: [native, "--version"] },
  { name: "the native command, `read`", needs: native, words: [native, "read", REFERENCE], p50: 2, p95: 4 },
  { name: "the same through npm's link", needs: native, words: [join(shipped, "postern"), "read", REFERENCE] },
  { name: `the Node command, \`run --no-masking -- true\`, ${REFERENCES} references`, words: [node, ...running] },
  { name: `the native command, the same`, needs: native, words: [native, ...running], p50: 4 },
  {
    name: `${READS_OF_LOOP} native reads in a loop of sh`,
    needs: native,
    words: ["sh", "-c", loop(native)],
    p50: 300,
  },
];

type Peers = { readonly variables: Readonly<Record<string, string>>; end(): void };

/** What the peers need to have something to show. A peer that fails all the same is named as such. */
function startPeers(): Peers {
  const gnupg = join(home, "gnupg");
  mkdirSync(gnupg, { mode: 0o700 });
  const references = Array.from({ length: REFERENCES }, (_, at) => [`R${at}`, `op://Fresh/item ${at}/password`]);
  const variables: Record<string, string> = {
    ...env,
    ...Object.fromEntries(references),
    GNUPGHOME: gnupg,
    PASSWORD_STORE_DIR: join(home, "pass"),
    SSH_AUTH_SOCK: join(home, "ssh-agent"),
  };
  const quietly = { env: variables, stdio: ["pipe", "ignore", "ignore"] as ["pipe", "ignore", "ignore"] };
  spawnSync("keyctl", ["add", "user", "postern-bench", "value", "@u"], quietly);
  const newKey = ["--quick-generate-key", "bench@example.org", "default", "default", "never"];
  spawnSync("gpg", ["--batch", "--passphrase", "", ...newKey], quietly);
  spawnSync("pass", ["init", "bench@example.org"], quietly);
  spawnSync("pass", ["insert", "-m", "bench"], { ...quietly, input: "value\n" });
  const key = join(home, "ssh-key");
  const agent = spawn("ssh-agent", ["-D", "-a", variables.SSH_AUTH_SOCK ?? ""], { env: variables, stdio: "ignore" });
  // Where there is none, its row says so.
  agent.once("error", () => undefined);
  spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key], quietly);
  spawnSync("ssh-add", [key], quietly);
  return {
    variables,
    end: () => {
      spawnSync("gpgconf", ["--kill", "all"], quietly);
      spawnSync("keyctl", ["purge", "user", "postern-bench"], quietly);
      agent.kill();
    },
  };
}

async function fill(channel: Channel): Promise<void> {
  await channel.call("accounts.create", { name: "Fresh", password: PASSWORD, pin: PIN, approvers: [] });
  await approvingPerson(socket);
  const { id: vaultId } = await channel.call("vaults.create", { title: "Fresh" });
  const items = Array.from({ length: REFERENCES }, (_, index) => ({
    vaultId,
    title: `item ${index}`,
    category: "Password" as const,
    fields: [{ id: "password", title: "password", fieldType: "Concealed" as const, value: `value of ${index}` }],
  }));
  await channel.call("items.createAll", { vaultId, items });
}

const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;

/**
 * The milliseconds of each start, by the index of the tool. The timer runs at a terminal, where one yes is for all that is started in the session.
 * Elsewhere each shell with a loop would be asked about anew.
 */
async function timed(measured: readonly Tool[], variables: Peers["variables"]): Promise<number[][]> {
  const [timer, out] = [join(home, "timer"), join(home, "times")];
  execFileSync("cc", ["-O2", "-D_GNU_SOURCE", here("fresh.c"), "-o", timer]);
  const words = measured.flatMap((tool, index) => [...(index === 0 ? [] : [";"]), ...tool.words]);
  const line = [timer, `${ROUNDS}`, `${RUNS_OF_ROUND}`, ...words].map(quoted).join(" ");
  const terminal = spawnOnTerminal("sh", ["-c", `${line} > ${quoted(out)}`], { env: variables, cwd: home });
  const code = await new Promise<number>((resolve) => terminal.onExit(({ exitCode }) => resolve(exitCode)));
  if (code !== 0) throw new Error("the timer failed");
  const times = measured.map((): number[] => []);
  for (const text of readFileSync(out, "utf8").trim().split("\n")) {
    const [index = 0, ...microseconds] = text.split(" ").map(Number);
    times[index]?.push(...microseconds.map((one) => one / 1000));
  }
  return times;
}

const at = (times: readonly number[], share: number) =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.ceil(times.length * share) - 1)] ?? 0;

/** The table of all tools. */
export async function freshTable(): Promise<string> {
  mkdirSync(home, { mode: 0o700 });
  const agent = await started(agentWords, () => statusOf(socket), env);
  await agent.value.call("agent.subscribe", {});
  await fill(agent.value);
  const peers = startPeers();
  const isThere = ({ needs }: Tool) =>
    needs === undefined || (needs.startsWith("/") ? existsSync(needs) : hasTool(needs));
  const measured = tools.filter(isThere);
  const times = await timed(measured, peers.variables).finally(peers.end);
  await agent.end();
  const of = (name: string) => times[measured.findIndex((tool) => tool.name === name)] ?? [];
  const floors = [of("`true`"), of("`gpg-connect-agent /bye`")].map((floor) => at(floor, 0.5));
  const lines = tools.map((tool) => line(tool, of(tool.name), floors));
  return [
    "| fresh process | p50 | p95 | p50 ÷ `true` | p50 ÷ `gpg-connect-agent` | target | |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}

function line({ name, needs, p50, p95 }: Tool, times: readonly number[], floors: readonly number[]): string {
  if (times.length === 0) return `| ${name} | not measured: there is no ${needs?.split("/").at(-1)} here | | | | | |`;
  if (times.some((one) => one < 0)) return `| ${name} | not measured: it fails here | | | | | |`;
  const found = [at(times, 0.5), at(times, 0.95)];
  const ratios = floors.map((floor) => (floor > 0 ? ((found[0] ?? 0) / floor).toFixed(2) : ""));
  const targets = [p50, p95];
  const text = ["p50", "p95"].flatMap((which, index) =>
    targets[index] === undefined ? [] : [`${which} ≤ ${targets[index]} ms`],
  );
  const holds = targets.every((most, index) => most === undefined || (found[index] ?? 0) <= most);
  const verdict = text.length === 0 ? "" : holds ? "holds" : "missed";
  const shown = `| ${name} | ${found.map((one) => `${one.toFixed(2)} ms`).join(" | ")} | ${ratios.join(" | ")} | ${text.join(", ")} | ${verdict} |`;
  process.stdout.write(`${shown}\n`);
  return shown;
}
