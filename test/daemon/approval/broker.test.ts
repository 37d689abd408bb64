import { describe, expect, test } from "vitest";
import { createBroker, GATHER_MS, PROMPT_MS } from "../../../daemon/approval/broker.ts";
import { createOffers } from "../../../daemon/approval/offers.ts";
import type { Asked, Choice, Ending, Prompt } from "../../../daemon/approval/prompt.ts";
import {
  COOL_DOWN_MS,
  createQuotas,
  OPEN_PER_FAMILY,
  OPEN_STRANGERS,
  RECENT_MS,
  RECENT_PER_FAMILY,
  RECENT_STRANGERS,
} from "../../../daemon/approval/quotas.ts";
import { sentForm, sentLines } from "../../../daemon/approval/sent-lines.ts";
import { askedOfNobody } from "../../../daemon/approval/unknown-account.ts";
import type { Connection } from "../../../daemon/call/connection.ts";
import type { Target, Verb } from "../../../protocol/entry.ts";
import { PosternError } from "../../../protocol/errors.ts";
import { limits } from "../../../protocol/limits.ts";
import { fakeClock } from "../host/fake-clock.ts";
import { subject } from "../peer/subjects.ts";

const asked = (field: string): Asked => ({
  scope: { account: "a", level: "values", vault: "v", item: "i", field },
  form: { account: "a", level: "values", vault: "sent", item: "sent", field: "sent" },
  sent: [`op://V/I/${field}`],
  shown: [`op://V/I/${field}`],
  grantable: true,
});
/** A connection whose program is at no terminal. */
const elsewhere = { terminal: undefined } as unknown as Connection;
const yes = (prompt: Prompt) => ({ yes: prompt.offer() });

function fresh() {
  const clock = fakeClock();
  const opened: Prompt[] = [];
  const closed: Ending[] = [];
  const approved: Prompt[] = [];
  let next = 0;
  const broker = createBroker({
    clock,
    quotas: createQuotas(clock),
    roomOf: () => "strangers",
    offers: createOffers(clock),
    lockMsOf: () => 600_000,
    newId: () => `prompt${next++}`,
    watcher: { opened: (prompt) => opened.push(prompt), closed: (_prompt, ending) => closed.push(ending) },
    approve: (prompt) => void approved.push(prompt),
  });
  /** Asks, and catches the rejection so that it never counts as unhandled. */
  const ask = (name: string, fields: string[], signal = new AbortController().signal, family = name) => {
    const outcome = broker.ask("a", subject(name, family), "read", fields.map(asked), {
      signal,
      connection: elsewhere,
      shown: () => undefined,
    });
    outcome.catch(() => undefined);
    return outcome;
  };
  const show = () => clock.advance(GATHER_MS);
  return { clock, broker, opened, closed, approved, ask, show };
}

const first = (prompts: readonly Prompt[]): Prompt => {
  const [prompt] = prompts;
  if (prompt === undefined) throw new Error("no prompt was opened");
  return prompt;
};

describe("before a proof", () => {
  const own = { terminal: "here", isInFront: () => true } as unknown as Connection;
  const targets: Target[] = [
    { account: true, names: true, act: "create a vault" },
    { account: true, names: true },
    { vault: "v" },
    { reference: "op://V/I/f" },
  ];
  const choices: Choice[] = [
    {},
    { verb: "write" },
    { width: "vault" },
    { width: "account" },
    { lasts: "untilLock" },
    { lasts: "workingDay" },
    { idleMinutes: 30 },
  ];

  /** What the asker reads with each choice, where the account that it named is open, and where there is none and that of `d` stands in. */
  function read(account: string, verb: Verb, asked: Asked[], offered: Choice = {}): unknown[] {
    const clock = fakeClock();
    const opened: Prompt[] = [];
    const offers = createOffers(clock);
    // A person has chosen something for this program in the account that stands in.
    offers.chose(subject("app"), "d", offered);
    const broker = createBroker({
      clock,
      quotas: createQuotas(clock),
      roomOf: () => "strangers",
      offers,
      lockMsOf: (of) => (of === "d" ? 600_000 : 28_800_000),
      newId: () => "prompt",
      watcher: { opened: (prompt) => opened.push(prompt), closed: () => undefined },
      approve: () => undefined,
    });
    const waiter = { signal: new AbortController().signal, connection: own, named: "X", shown: () => undefined };
    broker.ask(account, subject("app"), verb, asked, waiter).catch(() => undefined);
    clock.advance(GATHER_MS);
    const sent = choices.map((choice) => {
      try {
        return first(opened).sentBy(own, choice);
      } catch (error) {
        return (error as Error).message;
      }
    });
    return [first(opened).offered, ...sent];
  }

  test.each(targets)("a name that no account here has reads as that of one: %j", (target) => {
    const found = { ...sentForm("a", target), ...("reference" in target ? { vault: "v", item: "i", field: "f" } : {}) };
    const real = { scope: found, form: sentForm("a", target), sent: sentLines(target), shown: ["x"], grantable: true };
    const verb = "act" in target ? "write" : "read";
    expect(read("d", verb, askedOfNobody("d", "X", [target], ""), { lasts: "workingDay" })).toEqual(
      read("a", verb, [real]),
    );
  });
});

describe("one prompt", () => {
  test("serves a thousand waiters of one subject for one scope", async () => {
    const { broker, opened, ask, show } = fresh();
    const waiting = Array.from({ length: 1000 }, () => ask("app", ["p"]));
    show();
    expect(opened).toHaveLength(1);
    expect(first(opened).waiters).toBe(1000);
    broker.decide(first(opened), yes(first(opened)));
    await expect(Promise.all(waiting)).resolves.toHaveLength(1000);
  });

  test("that two connections share has the words of one alone for each, and the text has all", () => {
    const { broker, opened, show } = fresh();
    const connections = ["p", "q"].map((field) => {
      const connection = { terminal: undefined } as unknown as Connection;
      const waiter = { signal: new AbortController().signal, connection, shown: () => undefined };
      broker.ask("a", subject("app"), "read", [asked(field)], waiter).catch(() => undefined);
      return connection;
    });
    show();
    const words = connections.map((connection) => first(opened).sentBy(connection).slice(1, 3));
    expect(words.map(([own]) => own)).toEqual(["  op://V/I/p", "  op://V/I/q"]);
    for (const [, more] of words) expect(more).toContain("for other commands here");
    expect(first(opened).offer().text.slice(1, 3)).toEqual(["  op://V/I/p", "  op://V/I/q"]);
  });

  test("gathers the scopes that a subject asks for within 50 ms", () => {
    const { opened, ask, show } = fresh();
    ask("app", ["p"]);
    ask("app", ["q"]);
    show();
    expect(opened).toHaveLength(1);
    expect(first(opened).offer().text.slice(1, 3)).toEqual(["  op://V/I/p", "  op://V/I/q"]);
  });

  test("does not change once it is shown: a further scope makes the next one", () => {
    const { opened, ask, show } = fresh();
    ask("app", ["p"]);
    show();
    const { text, hash } = first(opened).offer();
    ask("app", ["q"]);
    show();
    expect(opened).toHaveLength(2);
    expect(first(opened).offer()).toMatchObject({ text, hash });
  });

  test("holds at most 100 references; the next goes into another", () => {
    const { opened, ask, show } = fresh();
    ask(
      "app",
      Array.from({ length: limits.references }, (_, index) => `f${index}`),
    );
    ask("app", ["one more"]);
    show();
    expect(opened.map((prompt) => prompt.asked.length)).toEqual([limits.references, 1]);
  });

  test("grows by no more lines than a person reads: what is named with long lists goes into another", () => {
    const { opened, broker, show } = fresh();
    const waiter = { signal: new AbortController().signal, connection: elsewhere, shown: () => undefined };
    for (const item of Array.from({ length: 6 }, (_, index) => `i${index}`)) {
      const target = { named: { vault: "V", item, items: Array.from({ length: limits.references }, () => "x") } };
      const one = { ...asked("f"), form: sentForm("a", target), sent: sentLines(target), shown: [item] };
      broker.ask("a", subject("app"), "read", [one], waiter).catch(() => undefined);
    }
    show();
    expect(opened.map((prompt) => prompt.asked.length)).toEqual([4, 2]);
  });

  test("cannot be asked for more than 100 at once", async () => {
    const { ask } = fresh();
    await expect(
      ask(
        "app",
        Array.from({ length: limits.references + 1 }, (_, index) => `f${index}`),
      ),
    ).rejects.toMatchObject({ name: "tooLarge" });
  });

  test("is not shared between subjects, and neither is its denial", async () => {
    const { broker, opened, ask, show } = fresh();
    const denied = ask("app", ["p"]);
    const allowed = ask("other", ["p"]);
    show();
    expect(opened).toHaveLength(2);
    broker.decide(first(opened), "no");
    await expect(denied).rejects.toMatchObject({ name: "approvalDenied" });
    broker.decide(opened[1] as Prompt, yes(opened[1] as Prompt));
    await expect(allowed).resolves.toMatchObject([{ grantable: true }]);
  });

  test("times out at its deadline and not before", async () => {
    const { clock, closed, ask, show } = fresh();
    const waiting = ask("app", ["p"]);
    show();
    clock.advance(PROMPT_MS - 1);
    expect(closed).toEqual([]);
    clock.advance(1);
    await expect(waiting).rejects.toMatchObject({ name: "approvalTimedOut" });
    expect(closed).toEqual(["timedOut"]);
  });

  test("is withdrawn when its last waiter leaves, and only then", async () => {
    const { closed, broker, ask, show } = fresh();
    const [one, two] = [new AbortController(), new AbortController()];
    const leaving = ask("app", ["p"], one.signal);
    const last = ask("app", ["p"], two.signal);
    show();
    one.abort();
    await expect(leaving).rejects.toMatchObject({ name: "cancelled" });
    expect(broker.list()).toHaveLength(1);
    two.abort();
    await expect(last).rejects.toMatchObject({ name: "cancelled" });
    expect(closed).toEqual(["withdrawn"]);
  });

  test("ends with the lock of its account", async () => {
    const { broker, ask, show } = fresh();
    const waiting = ask("app", ["p"]);
    show();
    broker.lock("a");
    await expect(waiting).rejects.toMatchObject({ name: "locked" });
  });

  test("is decided once", () => {
    const { broker, opened, approved, ask, show } = fresh();
    ask("app", ["p"]);
    show();
    broker.decide(first(opened), yes(first(opened)));
    expect(() => broker.decide(first(opened), yes(first(opened)))).toThrow("no open prompt");
    expect(approved).toHaveLength(1);
  });

  test("cannot be found by its code before it is shown nor after it is decided", () => {
    const { broker, opened, ask, show } = fresh();
    ask("app", ["p"]);
    expect(broker.list()).toEqual([]);
    show();
    const { code } = first(opened);
    expect(broker.find(code)).toBe(first(opened));
    broker.decide(first(opened), "no");
    expect(broker.find(code)).toBeUndefined();
  });
});

test("a question that cannot be put fails for its asker alone, and the agent goes on", async () => {
  const clock = fakeClock();
  const waiter = { signal: new AbortController().signal, connection: elsewhere, shown: () => undefined };
  const broker = createBroker({
    roomOf: () => "strangers",
    ...{ clock, quotas: createQuotas(clock), offers: createOffers(clock), lockMsOf: () => 600_000 },
    newId: () => "prompt",
    watcher: { opened: () => undefined, closed: () => undefined },
    approve: () => undefined,
    // The account locks by the clock, between the question and its text.
    changedFile: () => {
      broker.lock("a");
      throw new PosternError("locked");
    },
  });
  const outcome = broker.ask("a", subject("app"), "read", [asked("f")], waiter);
  const expected = expect(outcome).rejects.toMatchObject({ name: "locked" });
  clock.advance(GATHER_MS);
  await expected;
  expect(broker.list()).toEqual([]);
});

test("an open prompt delays nobody: fifty other subjects are decided meanwhile", async () => {
  const { broker, opened, clock, ask, show } = fresh();
  const left = ask("slow", ["p"]);
  show();
  for (let index = 0; index < 50; index++) {
    const other = ask(`app${index}`, ["p"]);
    show();
    broker.decide(opened.at(-1) as Prompt, yes(opened.at(-1) as Prompt));
    await other;
    clock.advance(1000);
  }
  expect(broker.list().map((prompt) => prompt.subject.key)).toEqual(["process|slow"]);
  broker.decide(first(opened), yes(first(opened)));
  await left;
});

describe("a quota", () => {
  test("lets a family have three prompts open and refuses the fourth", async () => {
    const { ask, show, opened } = fresh();
    for (let index = 0; index < OPEN_PER_FAMILY; index++) {
      ask(`fork${index}`, ["p"], undefined, "family");
      show();
    }
    expect(opened).toHaveLength(OPEN_PER_FAMILY);
    await expect(ask("fork", ["p"], undefined, "family")).rejects.toMatchObject({ name: "promptQuota" });
  });

  /** Asks as a process of the family, and withdraws before an answer. */
  const leave = ({ ask, show }: ReturnType<typeof fresh>, family = "family") => {
    const abort = new AbortController();
    ask("fork", ["p"], abort.signal, family);
    show();
    abort.abort();
  };

  test(`is not spent by a question that was approved: ${RECENT_PER_FAMILY + 5} of one family in ten minutes`, async () => {
    const { broker, ask, show, opened } = fresh();
    for (let index = 0; index < RECENT_PER_FAMILY + 5; index++) {
      const asking = ask(`fork${index}`, ["p"], undefined, "family");
      show();
      broker.decide(opened.at(-1) as Prompt, yes(opened.at(-1) as Prompt));
      await asking;
    }
    expect(opened).toHaveLength(RECENT_PER_FAMILY + 5);
  });

  test("cannot be passed by withdrawing each question: twenty in ten minutes, and again after them", async () => {
    const made = fresh();
    const { clock, ask, show, opened } = made;
    for (let index = 0; index < RECENT_PER_FAMILY; index++) leave(made);
    await expect(ask("fork", ["p"], undefined, "family")).rejects.toMatchObject({ name: "promptQuota" });
    clock.advance(RECENT_MS - RECENT_PER_FAMILY * GATHER_MS);
    await expect(ask("fork", ["p"], undefined, "family")).rejects.toMatchObject({ name: "promptQuota" });
    clock.advance(GATHER_MS);
    ask("fork", ["p"], undefined, "family");
    show();
    expect(opened).toHaveLength(RECENT_PER_FAMILY + 1);
  });

  test("is spent by a question that is withdrawn before it is shown", async () => {
    const { ask } = fresh();
    for (let index = 0; index < RECENT_PER_FAMILY; index++) {
      const abort = new AbortController();
      ask("fork", ["p"], abort.signal, "family");
      abort.abort();
    }
    await expect(ask("fork", ["p"], undefined, "family")).rejects.toMatchObject({ name: "promptQuota" });
  });

  test("counts the open questions with those that ended without a yes", async () => {
    const made = fresh();
    const { ask, show, broker, opened } = made;
    for (let index = 0; index < RECENT_PER_FAMILY - 1; index++) leave(made);
    ask("open", ["p"], undefined, "family");
    show();
    await expect(ask("fork", ["p"], undefined, "family")).rejects.toMatchObject({ name: "promptQuota" });
    broker.decide(opened.at(-1) as Prompt, yes(opened.at(-1) as Prompt));
    ask("fork", ["p"], undefined, "family");
    show();
    expect(opened).toHaveLength(RECENT_PER_FAMILY + 1);
  });

  test("makes a family wait after two refusals, over its forks, and nobody else", async () => {
    const { broker, clock, ask, show, opened } = fresh();
    for (const fork of ["one", "two"]) {
      ask(fork, ["p"], undefined, "family");
      show();
      broker.decide(opened.at(-1) as Prompt, "no");
    }
    await expect(ask("three", ["p"], undefined, "family")).rejects.toMatchObject({ name: "coolingDown" });
    ask("other", ["p"]);
    show();
    expect(opened).toHaveLength(3);
    clock.advance(COOL_DOWN_MS);
    ask("three", ["p"], undefined, "family");
    show();
    expect(opened).toHaveLength(4);
  });

  test("holds over all strangers, larger than three rogue families can fill", async () => {
    const { ask, show, opened } = fresh();
    for (let index = 0; index < OPEN_STRANGERS; index++) {
      ask(`app${index}`, ["p"]);
      show();
    }
    expect(opened).toHaveLength(OPEN_STRANGERS);
    await expect(ask("one more", ["p"])).rejects.toMatchObject({ name: "promptQuota" });
    expect(OPEN_STRANGERS).toBeGreaterThan(3 * OPEN_PER_FAMILY);
    expect(RECENT_STRANGERS).toBeGreaterThan(3 * RECENT_PER_FAMILY);
  });

  test(`is spent by ${RECENT_STRANGERS} questions without a yes of all families, and by no approved one`, async () => {
    const made = fresh();
    const { broker, ask, show, opened } = made;
    for (let index = 0; index < RECENT_STRANGERS; index++) {
      ask(`approved${index}`, ["p"]);
      show();
      broker.decide(opened.at(-1) as Prompt, yes(opened.at(-1) as Prompt));
      leave(made, `left${index}`);
    }
    expect(opened).toHaveLength(2 * RECENT_STRANGERS);
    await expect(ask("one more", ["p"])).rejects.toMatchObject({ name: "promptQuota" });
  });

  test("does not count a prompt that was withdrawn as open", async () => {
    const { ask, show, opened } = fresh();
    for (let index = 0; index < OPEN_PER_FAMILY + 2; index++) {
      const abort = new AbortController();
      ask("app", [`p${index}`], abort.signal);
      show();
      abort.abort();
    }
    expect(opened).toHaveLength(OPEN_PER_FAMILY + 2);
  });
});
