// The demonstration: a throwaway account in a temporary home, filled from real input. Three programs read from it with a person's
// approval, and one is refused. This file plays the person, through the same door as any approver. It knows the PIN because it chose it.
// The agent does not know that this is a demonstration.
import { randomBytes, randomInt } from "node:crypto";
import { type Agent, connect } from "../agent/session.ts";
import { socketOf } from "../agent/where.ts";
import { loadPinGuessing } from "../generated-guessed-pin.ts";
import { type Terminal, table } from "../terminal/terminal.ts";
import { startOn } from "./agent.ts";
import { fill } from "./fill.ts";
import { type Answer, programs, refusedProgram } from "./programs.ts";
import { openStage, type Stage } from "./stage.ts";

/** Fills the vault, shows the programs, and removes everything. With `stay` the agent and its home remain for a look around. */
export async function demo(terminal: Terminal, stay: boolean): Promise<void> {
  const stage = openStage();
  process.env.POSTERN_HOME = stage.home;
  delete process.env.POSTERN_SOCKET;
  delete process.env.POSTERN_ACCOUNT;
  const secrets = {
    password: randomBytes(18).toString("base64url"),
    pin: await randomPin(),
  };

  terminal.tell("A throwaway account in a temporary home: its own agent, its own embedded account service.");
  await startOn(stage);
  // The person's part below prints the codes of the prompts.
  const agent = await connect({ ...terminal, account: undefined, tell: () => undefined });
  try {
    // The approver below answers. Nobody else is asked.
    await agent.call("accounts.create", { name: "Demo", ...secrets, approvers: [] });
    const person = await approver(terminal, secrets);
    const filled = await fill(terminal, agent, stage.home);
    const answers = await readAll(terminal, stage, filled.references, person);
    person.close();
    terminal.result({ answers, home: stay ? stage.home : undefined }, () => report(answers));
    if (stay) {
      stage.leave();
      terminal.tell(
        `\nThe agent stays. Try: POSTERN_HOME=${stage.home} npm run -s postern -- status\nIts approval PIN is ${secrets.pin}; its password is in nobody's memory but this screen's: ${secrets.password}`,
      );
    } else await agent.call("agent.stop", {}).then(() => agent.channel.untilClosed());
  } finally {
    agent.close();
  }
}

/** Some random PINs look like a date, and the agent refuses those. */
async function randomPin(): Promise<string> {
  const isGuessed = await loadPinGuessing([]);
  for (;;) {
    const pin = String(randomInt(1_000_000)).padStart(6, "0");
    if (!isGuessed(pin)) return pin;
  }
}

type Person = { decide(answer: "yes" | "no"): void; close(): void };

/** Answers each prompt as it opens. The password attaches it as an approver, and the PIN decides. */
async function approver(terminal: Terminal, secrets: { password: string; pin: string }): Promise<Person> {
  const link: Agent = await connect({ ...terminal, account: undefined, tell: () => undefined });
  let answer: "yes" | "no" = "yes";
  link.channel.onNotification((method, params) => {
    if (method !== "prompt.opened") return;
    const { prompt, code, hash, text } = params as { prompt: string; code: string; hash: string; text?: string[] };
    terminal.tell(`\n${(text ?? []).join("\n")}\n→ code ${code}: the person says ${answer}`);
    // A no needs the prompt's id, or the asker's terminal. A demonstration may have none.
    const given =
      answer === "no" ? { prompt, answer } : { code, answer, hash, proof: { kind: "pin" as const, pin: secrets.pin } };
    link
      .call("prompts.answer", given)
      .catch((error: unknown) => terminal.tell(`the answer was refused: ${(error as Error).message}`));
  });
  await link.call("prompts.attach", { proof: { kind: "password", password: secrets.password } });
  return {
    decide: (next) => {
      answer = next;
    },
    close: () => link.close(),
  };
}

async function readAll(
  terminal: Terminal,
  stage: Stage,
  references: Readonly<Record<string, string>>,
  person: Person,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const program of programs(stage, socketOf(), references)) {
    terminal.tell(`\n$ ${program.shown}`);
    answers.push(...(await program.run()));
  }
  person.decide("no");
  const refused = refusedProgram(stage, socketOf(), references);
  terminal.tell(`\n$ ${refused.shown}`);
  answers.push(...(await refused.run()));
  return answers;
}

function report(answers: readonly Answer[]): string {
  const rows = answers.map((one) => [
    one.program,
    one.reference.replace("op://Demo/", ""),
    one.error ?? `${one.kind}, ${one.size} characters`,
    one.error === undefined ? (one.cached === true ? `memory, ${one.ageMs} ms old` : "the service") : "",
    one.tookUs === undefined ? "" : `${(one.tookUs / 1000).toFixed(2)} ms`,
  ]);
  return `\n${table(["WHO ASKED", "FOR", "GOT", "FROM", "TOOK"], rows)}\n\nTOOK is the agent's own time, without waiting for the person.`;
}
