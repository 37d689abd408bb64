// What an ordinary process of the same user tries against a real agent whose account is open, without a yes of anybody: to learn whether a thing
// is there, to learn names, to deny the questions of others, and to leave its own words on the disk.
import { execFile, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { STRANGER_BYTES_PER_DAY } from "../../daemon/audit/strangers.ts";
import { attachPerson, makeAccount } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";
import { command as main } from "../programs.ts";
import { amokAttacks } from "./amok-attacks.ts";
import type { Sampled, Sampling } from "./sampler.ts";
import type { Attack, Extent } from "./table.ts";
import { aucOf, isToldApart } from "./told-apart.ts";
import { rightAmongWrong } from "./tries-attack.ts";

const samplerProgram = fileURLToPath(new URL("./sampler.ts", import.meta.url));

/** Samples a class. The short form tells a fault of the old size (a quarter of the time) apart, and no finer one. */
const SAMPLES: Readonly<Record<Extent, number>> = { short: 400, whole: 5_000 };

/** An agent with an account that has a vault and an item, whose person reads the item, as other programs do. */
async function stage(): Promise<RunningAgent> {
  const agent = await startAgent();
  await makeAccount(agent);
  const person = await attachPerson(agent);
  person.always("yes");
  const { call } = person.channel;
  const { id: vaultId } = await call("vaults.create", { title: "Demo" });
  for (const title of ["DB", "Unread"]) {
    const field = {
      id: "password",
      title: "password",
      fieldType: "Concealed",
      value: "s3cret",
      sectionId: "",
    } as const;
    await call("items.create", { item: { vaultId, title, category: "Login", fields: [field] } });
  }
  // Its value lies in the agent's cache from now on.
  await call("secrets.resolve", { reference: "op://Demo/DB/password" });
  // Ends what this process itself was allowed. The cache stays.
  await call("grants.revoke", { all: true });
  person.leave();
  return agent;
}

async function withStage<T>(attack: (agent: RunningAgent) => Promise<T>): Promise<T> {
  const agent = await stage();
  try {
    return await attack(agent);
  } finally {
    await agent.remove();
  }
}

async function sample(sampling: Sampling): Promise<Sampled> {
  const input = JSON.stringify(sampling);
  const run = promisify(execFile)(process.execPath, ["--no-warnings", samplerProgram], { maxBuffer: 64 * 1024 * 1024 });
  run.child.stdin?.end(input);
  return JSON.parse((await run).stdout) as Sampled;
}

/** What tells two classes apart: another answer, or another time. */
function difference(sampled: Sampled): string | undefined {
  const classes = Object.entries(sampled);
  const outcomes = new Set(classes.map(([, { outcomes }]) => JSON.stringify(outcomes)));
  if (outcomes.size > 1) return `different answers: ${[...outcomes].join(" or ")}`;
  for (const [at, [name, one]] of classes.entries())
    for (const [otherName, other] of classes.slice(at + 1)) {
      const { auc } = aucOf(one.us, other.us);
      if (isToldApart(one.us, other.us)) return `${name} and ${otherName} differ in time: area ${auc.toFixed(3)}`;
    }
  return undefined;
}

const references = {
  "read lately by another": "op://Demo/DB/password",
  "there, and not read": "op://Demo/Unread/password",
  "no such field": "op://Demo/DB/passwordx",
  "no such item": "op://Demo/Nothing/password",
  "no such vault": "op://Nothing/DB/password",
};

const byNoWait =
  (method: string, params: (reference: string) => object): Attack["run"] =>
  (extent) =>
    withStage(async ({ socket }) => {
      const all = Object.entries(references).map(([name, reference]) => [name, { ...params(reference), noWait: true }]);
      return difference(await sample({ socket, method, classes: Object.fromEntries(all), samples: SAMPLES[extent] }));
    });

/** The files of the agent's data, as bytes. */
function* filesIn(folder: string): Generator<[path: string, bytes: Buffer]> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) yield [path, readFileSync(path)];
  }
}

const WORD = "sw0rdf1sh-of-the-command-line";

/** Reads by the command, behind a shell whose command line has a secret. A question is open then, and it is left. */
async function secretInArgv(): Promise<string | undefined> {
  return withStage(async (agent) => {
    const read = `${process.execPath} --disable-sigusr1 --no-warnings -- ${main} read --no-wait op://Demo/DB/password`;
    const child = spawn("bash", ["-c", `X=${WORD}; ${read}; ${read}; true`, WORD], {
      env: { HOME: agent.home, POSTERN_HOME: agent.home, PATH: process.env.PATH ?? "" },
      stdio: "ignore",
    });
    await new Promise((resolve) => child.once("exit", resolve));
    await agent.end();
    const found = [...filesIn(agent.home)].find(([, bytes]) => bytes.includes(WORD));
    return found === undefined ? undefined : `a word of the command line lies in ${found[0].slice(agent.home.length)}`;
  });
}

/** A question of another program is open. The rogue lists what it may, and guesses codes for a no. */
async function denyOthers(extent: Extent): Promise<string | undefined> {
  return withStage(async (agent) => {
    const person = await attachPerson(agent);
    const shown = person.next();
    const asker = await agent.connect();
    const asked = asker.call("secrets.resolve", { reference: "op://Demo/Unread/password" }).then(
      () => "answered",
      ({ errorName }: { errorName: string }) => errorName,
    );
    const { code } = await shown;
    const guesses = { short: 200, whole: 4_000 }[extent];
    // The right code is among the guesses.
    const classes = Object.fromEntries([
      ["wrong", { code: "AAAA", answer: "no" }],
      ["right", { code, answer: "no" }],
    ]);
    const { us: _us, ...rest } = (
      await sample({ socket: agent.socket, method: "prompts.answer", classes, samples: guesses / 2 })
    ).right ?? {
      us: [],
      outcomes: ["nothing"],
    };
    const { prompts } = await person.channel.call("prompts.list", {});
    if (prompts.length !== 1) return `the question is gone: ${JSON.stringify(rest)}`;
    await person.no(prompts[0] as never);
    return (await asked) === "approvalDenied" ? undefined : "the question ended in another way";
  });
}

/** What a program is shown of its own open questions: about a thing that is there, and about one that is not. */
async function ownQuestions(): Promise<string | undefined> {
  return withStage(async (agent) => {
    const shown: string[] = [];
    for (const reference of ["op://Demo/Unread/password", "op://Demo/Nothing/password"]) {
      const rogue = await agent.connect();
      rogue.call("secrets.resolve", { reference }).catch(() => undefined);
      let prompts: readonly object[] = [];
      while (prompts.length === 0) ({ prompts } = await rogue.call("prompts.list", {}));
      const text = JSON.stringify(prompts).replaceAll(reference, "");
      if (/"(hash|text)"/.test(text)) return `told before any proof: ${text}`;
      shown.push(JSON.stringify(prompts.map((one) => Object.keys(one).toSorted())));
      rogue.close();
    }
    return shown[0] === shown[1] ? undefined : `told of one and not of the other: ${shown.join(" and ")}`;
  });
}

/** Revocations that end nothing, then refusals as many as there is time for. */
async function fillTheLog(extent: Extent): Promise<string | undefined> {
  return withStage(async (agent) => {
    const rogue = await agent.connect();
    const rounds = { short: 20, whole: 400 }[extent];
    const grown = async (calls: (round: number, at: number) => Promise<unknown>) => {
      const before = logBytes(agent);
      for (let round = 0; round < rounds; round++)
        await Promise.allSettled(Array.from({ length: 50 }, (_, at) => calls(round, at)));
      return logBytes(agent) - before;
    };
    const byNothing = await grown(() => rogue.call("grants.revoke", { all: true }));
    if (byNothing > 0) return `revocations that ended nothing left ${byNothing} bytes`;
    const long = "x".repeat(400);
    const byRefusals = await grown((round, at) =>
      rogue.call("secrets.resolve", { reference: `op://${round}/${at}/${long}`, noWait: true }),
    );
    rogue.close();
    return byRefusals <= LOG_GROWTH_MAX ? undefined : `refusals left ${byRefusals} bytes`;
  });
}

/** The day's room of strangers, and one record past it. */
const LOG_GROWTH_MAX = STRANGER_BYTES_PER_DAY + 64 * 1024;

const logBytes = ({ home }: RunningAgent) =>
  [...filesIn(home)].reduce((sum, [path, bytes]) => sum + (/audit-\d{6}\.log$/.test(path) ? bytes.length : 0), 0);

export const rogueAttacks: readonly Attack[] = [
  {
    tried: "existence by time and answer: secrets.resolve with noWait",
    run: byNoWait("secrets.resolve", (reference) => ({ reference })),
  },
  {
    tried: "existence by time and answer: secrets.resolveAll with noWait",
    run: byNoWait("secrets.resolveAll", (reference) => ({ references: [reference, "op://Demo/Beside/it"] })),
  },
  { tried: "a secret of a command line on the disk", run: secretInArgv },
  { tried: "another's question denied by guessed codes", run: denyOthers },
  { tried: "names and existence by what is told of one's own question", run: ownQuestions },
  {
    tried: "the right password kept out while others type wrong ones",
    run: (extent) => withStage((agent) => rightAmongWrong(agent, extent, samplerProgram)),
  },
  { tried: "the audit log filled by acts that change nothing", run: fillTheLog },
  ...amokAttacks((attack) => () => withStage(attack)),
];
