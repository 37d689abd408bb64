// The cost of a question: until an approver shows it, from the proof to the answer, and for a thousand calls that wait for one answer.
import type { Channel } from "../../clients/typescript/channel.ts";
import { attachPerson, PIN } from "../agent/person.ts";
import { playMorning } from "../cli/morning.ts";
import { repeat, row, shown } from "./figures.ts";
import { socket, statusOf } from "./programs.ts";

/** Calls that wait for one answer. */
const WAITERS = 1_000;

/** Connections that they share, since one may have 256 calls in flight. */
const CONNECTIONS = 5;

/** Each question is about another vault that is not there. A yes for once leaves no grant, so the next one asks again. */
let number = 0;
const nothing = (): string => `${number++}`.padStart(26, "a").replace(/[0189]/g, "b");

export async function approvalFigures(): Promise<void> {
  const connect = () => statusOf(socket);
  const person = await attachPerson({ connect });
  const askers = await Promise.all(Array.from({ length: CONNECTIONS }, connect));
  const raised: number[] = [];
  const answered = async (calls: number) => {
    const vaultId = nothing();
    const opened = person.next();
    const began = performance.now();
    const ended = Array.from({ length: calls }, (_, at) => endOf(askers[at % CONNECTIONS] as Channel, vaultId));
    const prompt = await opened;
    raised.push(performance.now() - began);
    const once = await person.once(prompt);
    const proven = performance.now();
    await person.channel.call("prompts.answer", { code: prompt.code, answer: "yes", ...once, proof: PROOF });
    await Promise.all(ended);
    return performance.now() - proven;
  };
  const one = await repeat(() => answered(1));
  const shownAfter = await repeat(() => raised.shift() ?? 0);
  row("prompt raised to shown, of it 50 ms to gather", shown(shownAfter, "ms", 1));
  row("proof to answer, of it Argon2id of the PIN", shown(one, "ms"));
  row(`${WAITERS} waiters released by one answer, with its proof`, shown(await repeat(() => answered(WAITERS)), "ms"));
  for (const asker of askers) asker.close();
  person.leave();
  await morningFigure();
}

/** Played as test/cli/morning.ts says. The counts before questions were asked at their terminal stand beside it, counted by hand. */
async function morningFigure(): Promise<void> {
  const { passwords, answers, keystrokes, changesOfTerminal, seconds } = await playMorning();
  const now = `${passwords} password, ${answers} answer, ${keystrokes} keys for them, ${changesOfTerminal} changes of terminal, ${seconds.toFixed(0)} s`;
  row(
    "a morning (idle lock 8 hours; chosen: the vault, a working day); before it was 5 approvals, some 200 keys, 10 changes",
    now,
    { ratio: answers, most: 2, text: "≤ 2 answers" },
  );
}

const PROOF = { kind: "pin", pin: PIN } as const;

/** Resolves at the end of a call, which is an error: there is no such vault. */
const endOf = (asker: Channel, vaultId: string): Promise<unknown> =>
  asker.call("items.list", { vaultId }).catch((error: unknown) => error);
