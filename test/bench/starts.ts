// Start times: from the agent's start to its first answer, and from the command's start to the value.
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { figureOf, RUNS, repeat, row, shown } from "./figures.ts";
import { agentWords, env, here, home, ping, shipped, socket, started, statusOf } from "./programs.ts";

export async function startFigures(): Promise<void> {
  const floor = await repeatStarts(async () => {
    const path = join(home, `floor-${Math.random()}`);
    const program = await started(["--no-warnings", here("floor.cjs"), path], () => ping(path));
    await program.end();
    return program.ms;
  });
  const agent = await repeatStarts(async () => {
    const program = await started(agentWords, () => statusOf(socket));
    program.value.close();
    // Ends the agent in good order. Otherwise the next agent would find a dead agent's socket, and spend time on
    // checking it.
    await program.end("SIGTERM");
    return program.ms;
  });
  const whole = await repeatStarts(async () => {
    const program = await started(agentWords, async () => {
      const channel = await statusOf(socket);
      await channel.call("agent.subscribe", {});
      return channel;
    });
    program.value.close();
    await program.end("SIGTERM");
    return program.ms;
  });
  row("bare node, start to first answer", shown(floor, "ms", 1));
  row("agent, start to first agent.status answer", shown(agent, "ms", 1), {
    ratio: agent.median / floor.median,
    most: 1.7,
    text: "≤ 1.7 × bare node",
  });
  row("agent, start to the first answer that takes all of it", shown(whole, "ms", 1));
}

/** Medians of several starts each, since a single start may vary by half. */
const repeatStarts = (start: () => Promise<number>) =>
  repeat(async () => {
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) times.push(await start());
    return figureOf(times).median;
  });

export async function commandFigures(): Promise<void> {
  const wall = (words: readonly string[]) => {
    const before = performance.now();
    const ran = spawnSync(process.execPath, words, { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    if (ran.status !== 0) throw new Error(`${words.join(" ")} failed: ${ran.stderr}`);
    return performance.now() - before;
  };
  const many = (words: readonly string[]) =>
    repeat(() => figureOf(Array.from({ length: 9 }, () => wall(words))).median);
  const floor = await many(["-e", "0"]);
  // The first read needs an approval. spawnSync would block this process from answering, so the first read is spawned.
  const read = [join(shipped, "postern.js"), "read", "op://Bench/item 3/password"];
  await new Promise((resolve) => spawn(process.execPath, read, { env, stdio: "ignore" }).once("exit", resolve));
  const own = await many(read);
  row("node -e 0", shown(floor, "ms", 1));
  row("postern read, warm", shown(own, "ms", 1), {
    ratio: own.median / floor.median,
    most: 1.4,
    text: "≤ 1.4 × node -e 0",
  });
}
