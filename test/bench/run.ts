// Programs under `postern run`: the cost of asking the agent and of masking, compared with the program alone.
import { spawn as spawnProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { spawn as spawnOnTerminal } from "@lydell/node-pty";
import type { Channel } from "../../clients/typescript/channel.ts";
import { repeat, row, shown } from "./figures.ts";
import { env, home, shipped } from "./programs.ts";

const BYTES = 100 * 1024 * 1024;

/** As many secrets as a server has. Their lengths differ, as those of passwords do. */
const SECRETS = 13;

/** Adds rows for 100 MB of text that passes through `run`, to a pipe and to a terminal. */
export async function runFigures(channel: Channel, vaultId: string): Promise<void> {
  const variables = await secrets(channel, vaultId);
  const file = await text();
  const words = (masking: string) => [
    join(shipped, "postern.js"),
    "run",
    ...masking.split(" ").filter(Boolean),
    "--",
    "cat",
    file,
  ];
  const ways = {
    alone: ["cat", file],
    "not masked": [process.execPath, "--disable-sigusr1", "--", ...words("--no-masking")],
    masked: [process.execPath, "--disable-sigusr1", "--", ...words("")],
  };
  for (const [where, through] of [
    ["to a pipe", toPipe],
    ["to a terminal", toTerminal],
  ] as const) {
    let unmasked = 0;
    for (const [way, command] of Object.entries(ways)) {
      const figure = await repeat(() => through(command, variables));
      if (way === "not masked") unmasked = figure.median;
      const target = { ratio: figure.median / unmasked, most: 2, text: "≤ 2 × not masked" };
      const isTarget = way === "masked" && where === "to a pipe";
      row(`100 MB ${where}, ${way}`, shown(figure, "ms"), ...(isTarget ? [target] : []));
    }
  }
}

async function secrets(channel: Channel, vaultId: string): Promise<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (let index = 0; index < SECRETS; index++) {
    const title = `run ${index}`;
    const value = randomBytes(9 + 2 * index).toString("base64");
    const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value }];
    await channel.call("items.create", { item: { vaultId, title, category: "Password", fields } });
    variables[`SECRET_${index}`] = `op://Bench/${title}/password`;
  }
  return variables;
}

/** Text with lines like a log's. */
async function text(): Promise<string> {
  const path = join(home, "log");
  const out = createWriteStream(path);
  const line = (index: number) =>
    `2026-11-28T12:00:00.${index % 1000}Z INFO request ${index} served in 12 ms from cache\n`;
  const block = Array.from({ length: 16_000 }, (_line, index) => line(index)).join("");
  for (let written = 0; written < BYTES; written += block.length) if (!out.write(block)) await once(out, "drain");
  out.end();
  await once(out, "finish");
  return path;
}

async function toPipe([program = "", ...args]: readonly string[], variables: Record<string, string>): Promise<number> {
  const before = performance.now();
  const child = spawnProcess(program, args, {
    env: { ...env, ...variables },
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  let bytes = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await once(child, "close");
  demandAll(bytes);
  return performance.now() - before;
}

async function toTerminal(
  [program = "", ...args]: readonly string[],
  variables: Record<string, string>,
): Promise<number> {
  const before = performance.now();
  const terminal = spawnOnTerminal(program, [...args], { env: { ...env, ...variables }, encoding: null });
  let bytes = 0;
  terminal.onData((chunk) => {
    bytes += chunk.length;
  });
  await new Promise<void>((resolve) => terminal.onExit(() => resolve()));
  demandAll(bytes);
  return performance.now() - before;
}

function demandAll(bytes: number): void {
  if (bytes < BYTES) throw new Error(`only ${bytes} bytes arrived`);
}
