// The test plays the person at the terminal: it sees prompts as an approver does, and answers them with a proof.
import type { Channel } from "../../clients/typescript/channel.ts";
import type { Methods } from "../../clients/typescript/generated.ts";
import type { RunningAgent } from "./start.ts";

export const PASSWORD = "seven quiet harbours";
/** The password of the second account. */
export const WORK_PASSWORD = "nine loud lighthouses";
export const PIN = "493817";

export type Prompt = {
  readonly prompt: string;
  readonly code: string;
  readonly hash: string;
  readonly text: readonly string[];
};

export type Approver = Methods["accounts.setApprovers"]["params"]["approvers"][number];

export type Choice = NonNullable<Methods["prompts.answer"]["params"]["choice"]>;

export type Person = {
  /** Prompts seen so far. */
  readonly seen: readonly Prompt[];
  /** The next prompt that opens. */
  next(): Promise<Prompt>;
  yes(prompt: Prompt, choice?: Choice): Promise<void>;
  /** The hash and the choice of a yes that leaves no grant. */
  once(prompt: Prompt): Promise<{ hash: string; choice: Choice }>;
  no(prompt: Prompt): Promise<void>;
  /** Answers every prompt in this way from now on, as it opens. */
  always(answer: "yes" | "no" | "ignore", choice?: Choice): void;
  readonly channel: Channel;
  leave(): void;
};

/**
 * Makes the account of the test: unlocked, with a PIN, on the named service or on the embedded one. The agent itself asks nobody, since a test may
 * run at a terminal of its reader. A test of that says so.
 */
export async function makeAccount(
  agent: Pick<RunningAgent, "connect">,
  name = "Ada",
  where: { service?: string; registrationToken?: string; approvers?: Approver[] } = {},
) {
  const channel = await agent.connect();
  const kit = await channel.call("accounts.create", { name, password: PASSWORD, pin: PIN, approvers: [], ...where });
  channel.close();
  return kit;
}

/** Makes a second account beside it: Work, unlocked, with the same PIN. */
export async function makeWork(agent: Pick<RunningAgent, "connect">) {
  const channel = await agent.connect();
  const proof = { kind: "password", password: PASSWORD } as const;
  const kit = await channel.call("accounts.create", {
    name: "Work",
    password: WORK_PASSWORD,
    pin: PIN,
    approvers: [],
    proof,
  });
  channel.close();
  return kit;
}

/** Attaches as an approver of an account by its password. Without a name, the account is the default one. */
export async function attachPerson(
  agent: Pick<RunningAgent, "connect">,
  password = PASSWORD,
  account?: string,
): Promise<Person> {
  const channel = await agent.connect();
  const seen: Prompt[] = [];
  const waiting: ((prompt: Prompt) => void)[] = [];
  let answer: "yes" | "no" | "ignore" = "ignore";
  let chosen: Choice | undefined;

  const decide = async ({ prompt, code, hash }: Prompt, given: "yes" | "no", choice?: Choice) => {
    if (given === "no") return void (await channel.call("prompts.answer", { prompt, answer: "no" }));
    const proof = { kind: "pin", pin: PIN } as const;
    if (choice === undefined) return void (await channel.call("prompts.answer", { code, answer: "yes", hash, proof }));
    await channel.call("prompts.answer", { code, answer: "yes", ...(await offered(code, choice)), proof });
  };
  /** Another choice has another text and another hash. */
  const offered = async (code: string, choice: Choice) => {
    const [shown] = (await channel.call("prompts.list", { code, choice })).prompts;
    if (shown?.hash === undefined) throw new Error("the approver was not shown the choice");
    return { hash: shown.hash, choice };
  };

  channel.onNotification((method, params) => {
    if (method !== "prompt.opened" || params.text === undefined) return;
    const prompt = params as unknown as Prompt;
    seen.push(prompt);
    waiting.shift()?.(prompt);
    if (answer !== "ignore") decide(prompt, answer, chosen).catch(() => undefined);
  });
  const named = account === undefined ? {} : { account };
  await channel.call("prompts.attach", { proof: { kind: "password", password }, ...named });

  return {
    seen,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    once: ({ code }) => offered(code, { lasts: "once" }),
    yes: (prompt, choice) => decide(prompt, "yes", choice),
    no: (prompt) => decide(prompt, "no"),
    always: (next, choice) => {
      answer = next;
      chosen = choice;
    },
    channel,
    leave: () => channel.close(),
  };
}
