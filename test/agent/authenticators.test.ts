// Approving and unlocking by an authenticator, and everything that must not count as one. The authenticator is one in software, which can sign wrongly.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { CHALLENGE_MS } from "../../daemon/authenticators/challenges.ts";
import { enrol } from "./enrolled.ts";
import { type InProcessAgent, passing, startInProcess } from "./in-process.ts";
import { makeWork, PASSWORD, PIN, WORK_PASSWORD } from "./person.ts";
import {
  type Assertion,
  ORIGIN,
  type RequestOptions,
  type SoftwareAuthenticator,
  softwareAuthenticator,
  type Twist,
} from "./software-authenticator.ts";

let agent: InProcessAgent;
let page: Channel;
let device: SoftwareAuthenticator;
let origin: string | undefined;
let authenticator: string;

const run = <T>(attempt: Promise<T>): Promise<T> => passing(agent, attempt);
const password = { kind: "password", password: PASSWORD } as const;
const nameOf = (attempt: Promise<unknown>) =>
  run(
    attempt.then(
      () => "answered",
      (error: { errorName?: string }) => error.errorName ?? "unknown",
    ),
  );

beforeEach(async () => {
  origin = ORIGIN;
  agent = await startInProcess(undefined, undefined, undefined, undefined, [], { origin: () => origin });
  page = await agent.connect();
  // Without a PIN, which takes longer to look at than the rest of a test.
  await run(page.call("accounts.create", { name: "Ada", password: PASSWORD, approvers: [] }));
  device = softwareAuthenticator();
  ({ authenticator } = await run(enrol(page, device)));
});
afterEach(() => agent.close());

/** The next prompt of a program. */
const promptOn = (asker: Channel) =>
  new Promise<{ prompt: string; code: string }>((resolve) =>
    asker.onNotification(
      (method, params) => method === "prompt.opened" && resolve(params as { prompt: string; code: string }),
    ),
  );

type Question = { readonly prompt: string; readonly code: string; readonly answered: Promise<string> };

/** Another connection asks for something. */
async function asks(method: "vaults.create" | "groups.create" = "vaults.create"): Promise<Question> {
  const asker = await agent.connect();
  await asker.call("agent.subscribe", {});
  const opened = promptOn(asker);
  const call = asker.call(method, { title: "Asked for" });
  const answered = call.then(
    () => "answered",
    (error: { errorName: string }) => error.errorName,
  );
  const { prompt, code } = await run(opened);
  return { prompt, code, answered };
}

type Choice = NonNullable<Parameters<typeof challengeFor>[1]>;

async function challengeFor(prompt: string, choice?: { lasts: "once" | "untilLock" }, channel = page) {
  const { options } = await channel.call("authenticators.challenge", {
    prompt,
    ...(choice === undefined ? {} : { choice }),
  });
  return options;
}

const proofOf = (assertion: Assertion) => ({ kind: "webauthn", assertion }) as const;

/** Shows the prompt with a proof, and answers yes to what was shown. */
async function approve({ code }: Question, assertion: Assertion, choice?: Choice, channel = page): Promise<void> {
  const chosen = choice === undefined ? {} : { choice };
  const { prompts } = await channel.call("prompts.list", { code, proof: proofOf(assertion), ...chosen });
  await channel.call("prompts.answer", { code, answer: "yes", hash: prompts[0]?.hash ?? "", ...chosen });
}

/** The outcomes of proofs in the log. */
async function proofsInLog(): Promise<string[]> {
  const { records } = await run(page.call("audit.list", { limit: 100, proof: password }));
  return records.flatMap(({ event, outcome, count }) =>
    event === "proof.webauthn" ? Array<string>(count).fill(outcome) : [],
  );
}

/** A lock of the account, on another connection, so that this one keeps its challenges. */
const lock = () => run(page.call("session.lock", {}));

describe("a question is approved", () => {
  test("by a signature over its own challenge, for the choice that was signed", async () => {
    const question = await asks();
    const choice = { lasts: "untilLock" } as const;
    const options = await challengeFor(question.prompt, choice);
    await run(approve(question, device.get(options), choice));
    expect(await run(question.answered)).toBe("answered");
    expect(await proofsInLog()).toEqual(["ok"]);
  });

  test("by a signature without the output of prf", async () => {
    const question = await asks();
    const options = await challengeFor(question.prompt);
    await run(approve(question, device.get(options, { hasPrf: false })));
    expect(await run(question.answered)).toBe("answered");
  });

  test("by an authenticator that never counts", async () => {
    const still = softwareAuthenticator({ countsUp: false });
    await run(enrol(page, still, { name: "Passkey" }));
    for (const method of ["vaults.create", "groups.create"] as const) {
      const question = await asks(method);
      await run(approve(question, still.get(await challengeFor(question.prompt))));
      expect(await run(question.answered)).toBe("answered");
    }
  });

  test("at the second try, where the person was not verified at the first", async () => {
    const question = await asks();
    const first = device.get(await challengeFor(question.prompt), { isUserVerified: false });
    expect(await nameOf(approve(question, first))).toBe("proofRefused");
    await run(approve(question, device.get(await challengeFor(question.prompt))));
    expect(await run(question.answered)).toBe("answered");
    expect(await proofsInLog()).toEqual(["proofRefused", "ok"]);
  });
});

describe("a question stays open, and the refusal is recorded, where the signature", () => {
  const other = softwareAuthenticator();
  const twists: [why: string, twist: Twist][] = [
    ["is bogus", { isSignatureBogus: true }],
    ["says that nobody was verified", { isUserVerified: false }],
    ["was made for a page on another port", { origin: "http://postern.localhost:4712" }],
    ["was made for another host", { origin: "http://localhost:4711" }],
    ["was made for a page over https", { origin: "https://postern.localhost:4711" }],
    ["names another relying party", { rpId: "localhost" }],
    ["answers another challenge", { challenge: Buffer.alloc(32).toString("base64url") }],
    ["is one of a creation", { type: "webauthn.create" }],
    ["has a counter that stood still", { counter: 2 }],
    ["has a counter that went back to nothing", { counter: 0 }],
  ];
  test.each(twists)("%s", async (_why, twist) => {
    const question = await asks();
    const assertion = device.get(await challengeFor(question.prompt), twist);
    expect(await nameOf(approve(question, assertion))).toBe("proofRefused");
    await refusedOpen(question);
  });

  test("is that of an authenticator that is not enrolled", async () => {
    const question = await asks();
    const assertion = other.get(await challengeFor(question.prompt));
    expect(await nameOf(approve(question, assertion))).toBe("proofRefused");
    await refusedOpen(question);
  });

  test("is that of an authenticator that was removed after the challenge", async () => {
    const question = await asks();
    const assertion = device.get(await challengeFor(question.prompt));
    await run(page.call("authenticators.remove", { authenticator, password: PASSWORD }));
    expect(await nameOf(approve(question, assertion))).toBe("proofRefused");
    await refusedOpen(question);
  });

  test("was used before", async () => {
    const question = await asks();
    const assertion = device.get(await challengeFor(question.prompt));
    await run(page.call("prompts.list", { code: question.code, proof: proofOf(assertion) }));
    expect(await nameOf(approve(question, assertion))).toBe("proofRefused");
    expect(await proofsInLog()).toEqual(["ok", "proofRefused"]);
  });

  test("was made for a challenge that a later one replaced", async () => {
    const question = await asks();
    const assertion = device.get(await challengeFor(question.prompt));
    await challengeFor(question.prompt);
    expect(await nameOf(approve(question, assertion))).toBe("proofRefused");
    await refusedOpen(question);
  });

  test("was made for another question", async () => {
    const one = await asks("vaults.create");
    const two = await asks("groups.create");
    const assertion = device.get(await challengeFor(one.prompt));
    expect(await nameOf(approve(two, assertion))).toBe("proofRefused");
    await refusedOpen(two);
  });

  test("was made for another length", async () => {
    const question = await asks();
    const assertion = device.get(await challengeFor(question.prompt, { lasts: "once" }));
    expect(await nameOf(approve(question, assertion, { lasts: "untilLock" }))).toBe("proofRefused");
    await refusedOpen(question);
  });

  test("comes over another connection", async () => {
    const question = await asks();
    const assertion = device.get(await challengeFor(question.prompt));
    const elsewhere = await agent.connect();
    expect(await nameOf(approve(question, assertion, undefined, elsewhere))).toBe("proofRefused");
    await refusedOpen(question);
  });

  test("comes after the end of the question", async () => {
    const early = await asks();
    const options = await challengeFor(early.prompt);
    agent.clock.advance(CHALLENGE_MS);
    const assertion = device.get(options);
    expect(await nameOf(approve(early, assertion))).toBe("promptNotFound");
    expect(await run(early.answered)).toBe("approvalTimedOut");
  });

  async function refusedOpen({ prompt }: Question): Promise<void> {
    expect(await proofsInLog()).toEqual(["proofRefused"]);
    expect((await page.call("agent.status", {})).openPrompts).toBeGreaterThan(0);
    expect((await run(page.call("grants.list", { proof: password }))).grants).toEqual([]);
    await page.call("prompts.answer", { prompt, answer: "no" });
  }
});

describe("a yes of an authenticator", () => {
  test("is for the text that it was shown, and not for a wider one", async () => {
    const question = await asks();
    const { code } = question;
    const assertion = device.get(await challengeFor(question.prompt));
    const { prompts } = await run(page.call("prompts.list", { code, proof: proofOf(assertion) }));
    const hash = prompts[0]?.hash ?? expect.fail();
    const wider = { code, answer: "yes", hash, choice: { lasts: "untilLock" } } as const;
    expect(await nameOf(page.call("prompts.answer", wider))).toBe("proofRequired");
    await page.call("prompts.answer", { prompt: question.prompt, answer: "no" });
    expect(await run(question.answered)).toBe("approvalDenied");
  });

  test("proves nothing but an open prompt", async () => {
    const question = await asks();
    const proof = proofOf(device.get(await challengeFor(question.prompt)));
    expect(await nameOf(page.call("audit.list", { proof }))).toBe("promptNotFound");
    expect(await nameOf(page.call("prompts.attach", { proof }))).toBe("promptNotFound");
    expect(await nameOf(page.call("accounts.create", { name: "Two", password: PASSWORD, proof }))).toBe(
      "promptNotFound",
    );
  });
});

describe("where a policy demands", () => {
  /** The outcome for the program, and for the person who approved. */
  async function readsWith(minimum: string, twist: Twist, channel: Channel): Promise<string[]> {
    const { id: vault } = await run(page.call("vaults.create", { title: "Guarded" }));
    writeFileSync(join(agent.home, "policy.json"), JSON.stringify({ version: 1, strengths: [{ vault, minimum }] }));
    const { file } = await run(page.call("policy.get", {}));
    await run(page.call("policy.approve", { password: PASSWORD, sha256: file?.sha256 ?? "" }));
    const opened = promptOn(channel);
    const answered = channel.call("items.list", { vaultId: vault }).then(
      () => "answered",
      (error: { errorName: string }) => error.errorName,
    );
    const { prompt, code } = await run(opened);
    const told = await nameOf(approve({ prompt, code, answered }, device.get(await challengeFor(prompt), twist)));
    return [told, await run(answered)];
  }

  /** A program, once this process may make vaults. */
  async function program(): Promise<Channel> {
    const question = await asks();
    await run(approve(question, device.get(await challengeFor(question.prompt))));
    await run(question.answered);
    const channel = await agent.connect();
    await channel.call("agent.subscribe", {});
    return channel;
  }

  test("a verified person, a signature is enough", async () => {
    expect(await readsWith("verifiedUser", { hasPrf: false }, await program())).toEqual(["answered", "answered"]);
  });

  test("the account's key, an output that opens it is enough", async () => {
    expect(await readsWith("verifiedUserWithKey", {}, await program())).toEqual(["answered", "answered"]);
  });

  test.each([
    ["no output", { hasPrf: false }],
    ["another output", { prf: Buffer.alloc(32, 7) }],
  ])("the account's key, a signature with %s is not", async (_what, twist) => {
    expect(await readsWith("verifiedUserWithKey", twist, await program())).toEqual([
      "approvalDenied",
      "approvalDenied",
    ]);
  });
});

describe("no challenge is given", () => {
  test("for a prompt that is not open, nor by a match code", async () => {
    const { code } = await asks();
    for (const prompt of ["a".repeat(26), code])
      expect(await nameOf(page.call("authenticators.challenge", { prompt }))).toBe("promptNotFound");
  });

  test("to who names too many that are not open", async () => {
    for (let at = 0; at < 5; at++) await nameOf(page.call("authenticators.challenge", { prompt: "a".repeat(26) }));
    const { prompt } = await asks();
    expect(await nameOf(page.call("authenticators.challenge", { prompt }))).toBe("tryLater");
  });

  test("while the app's page is not open, and a signature then counts for nothing", async () => {
    const question = await asks();
    const assertion = device.get(await challengeFor(question.prompt));
    origin = undefined;
    expect(await nameOf(page.call("authenticators.challenge", { prompt: question.prompt }))).toBe(
      "authenticatorUnavailable",
    );
    expect(await nameOf(approve(question, assertion))).toBe("authenticatorUnavailable");
  });

  test("for a choice that does not fit the question", async () => {
    const { prompt } = await asks();
    const choice = { verb: "write" } as const;
    expect(await nameOf(page.call("authenticators.challenge", { prompt, choice }))).toBe("invalidParams");
  });

  test("where no authenticator is enrolled", async () => {
    await run(page.call("authenticators.remove", { authenticator, password: PASSWORD }));
    const { prompt } = await asks();
    expect(await nameOf(page.call("authenticators.challenge", { prompt }))).toBe("authenticatorUnavailable");
    expect(await nameOf(page.call("authenticators.unlockChallenge", {}))).toBe("authenticatorUnavailable");
  });
});

const unlockOptions = async (): Promise<RequestOptions> =>
  (await page.call("authenticators.unlockChallenge", {})).options;

const unlock = (assertion: Assertion) => page.call("authenticators.unlock", { assertion });

const state = async () => (await page.call("agent.status", {})).sessions[0]?.state;

describe("a locked account", () => {
  test("is unlocked by the authenticator, and everything in it can be read", async () => {
    await lock();
    const told = await run(unlock(device.get(await unlockOptions())));
    expect(told).toMatchObject({ wrongPinTries: 0, wrongPasswordTries: 0, warnings: [] });
    expect(await state()).toBe("unlocked");
    const question = await asks();
    await run(approve(question, device.get(await challengeFor(question.prompt))));
    expect(await run(question.answered)).toBe("answered");
  });

  const setPin = () => run(page.call("accounts.setPin", { password: PASSWORD, pin: PIN }));

  test("tells the wrong tries since the last unlock, of the PIN too", async () => {
    await setPin();
    const { code } = await asks();
    const wrong = { kind: "pin", pin: "000001" } as const;
    expect(await nameOf(page.call("prompts.list", { code, proof: wrong }))).toBe("proofRefused");
    await lock();
    expect(await nameOf(page.call("session.unlock", { password: "wrong" }))).toBe("wrongPassword");
    const told = await run(unlock(device.get(await unlockOptions())));
    expect(told).toMatchObject({ wrongPinTries: 1, wrongPasswordTries: 1 });
  });

  test("is unlocked after a change of the password too", async () => {
    const newPassword = "eleven bright lanterns";
    await run(page.call("accounts.changePassword", { password: PASSWORD, newPassword }));
    await lock();
    await run(unlock(device.get(await unlockOptions())));
    expect(await state()).toBe("unlocked");
    expect(await nameOf(page.call("session.unlock", { password: newPassword }))).toBe("answered");
  });

  test("asks for the password after a change on another device, and once it was given is unlocked again", async () => {
    const newPassword = "eleven bright lanterns";
    const kit = await run(page.call("accounts.kit", { password: PASSWORD }));
    const other = await startInProcess(undefined, agent.service);
    const there = await other.connect();
    const { account, user, secretKey } = kit;
    await passing(other, there.call("accounts.signIn", { account, user, secretKey, password: PASSWORD }));
    await passing(other, there.call("accounts.changePassword", { password: PASSWORD, newPassword }));
    await lock();
    expect(await nameOf(unlockOptions().then((options) => unlock(device.get(options))))).toBe("passwordNeeded");
    expect(await state()).toBe("locked");
    await run(page.call("session.unlock", { password: newPassword }));
    await lock();
    await run(unlock(device.get(await unlockOptions())));
    expect(await state()).toBe("unlocked");
    there.close();
    await other.close();
  });

  test("is unlocked by an agent that was started anew", async () => {
    await agent.stop();
    page.close();
    const { home, service } = agent;
    const next = await startInProcess(home, service, undefined, undefined, [], { origin: () => origin });
    agent = { ...next, close: () => next.close().then(service.close) };
    page = await agent.connect();
    await run(unlock(device.get(await unlockOptions())));
    expect(await state()).toBe("unlocked");
  });

  test("stays without the PIN that was switched off", async () => {
    await setPin();
    const { code } = await asks();
    const wrong = { kind: "pin", pin: "000001" } as const;
    for (let at = 0; at < 5; at++) await nameOf(page.call("prompts.list", { code, proof: wrong }));
    await lock();
    await run(unlock(device.get(await unlockOptions())));
    const again = await asks("groups.create");
    const right = { kind: "pin", pin: PIN } as const;
    expect(await nameOf(page.call("prompts.list", { code: again.code, proof: right }))).toBe("pinDisabled");
  });

  const twists: [why: string, twist: Twist][] = [
    ["without the output of prf", { hasPrf: false }],
    ["with another output of prf", { prf: Buffer.alloc(32, 7) }],
    ["with a bogus signature, though the output is right", { isSignatureBogus: true }],
    ["where nobody was verified, though the output is right", { isUserVerified: false }],
    ["for a page on another port, though the output is right", { origin: "http://postern.localhost:4712" }],
    ["with a counter that went back, though the output is right", { counter: 1 }],
  ];
  test.each(twists)("stays locked by a signature %s", async (_why, twist) => {
    await lock();
    expect(await nameOf(unlockOptions().then((options) => unlock(device.get(options, twist))))).toBe("proofRefused");
    expect(await state()).toBe("locked");
    await run(page.call("session.unlock", { password: PASSWORD }));
    const { records } = await run(page.call("audit.list", { limit: 100, proof: password }));
    const unlocks = records.filter(({ event }) => /^(session|authenticators)\.unlock$/.test(event));
    expect(unlocks.map(({ event, outcome }) => `${event} ${outcome}`)).toEqual([
      "session.unlock ok",
      "authenticators.unlock proofRefused",
      "session.unlock ok",
    ]);
  });

  test("a thousand answers to nothing leave a few lines in the log, and delay no password", async () => {
    await lock();
    const assertion = device.get(await unlockOptions(), { isUserVerified: false });
    for (let count = 0; count < 1_000; count++) expect(await nameOf(unlock(assertion))).toBe("proofRefused");
    await run(page.call("session.unlock", { password: PASSWORD }));
    const { records } = await run(page.call("audit.list", { limit: 100, proof: password }));
    const refused = records.filter(({ event }) => event === "authenticators.unlock");
    expect(refused.length).toBeLessThan(4);
    expect(refused.reduce((sum, { count }) => sum + count, 0)).toBe(1_000);
  });

  test("stays locked by an answer that was used before, and by one to no challenge", async () => {
    await lock();
    const assertion = device.get(await unlockOptions());
    await run(unlock(assertion));
    await lock();
    expect(await nameOf(unlock(assertion))).toBe("proofRefused");
    expect(await state()).toBe("locked");
  });

  test("stays locked by an approval's answer", async () => {
    const question = await asks();
    const assertion = device.get(await challengeFor(question.prompt));
    await lock();
    expect(await nameOf(unlock(assertion))).toBe("proofRefused");
    await unlockOptions();
    expect(await nameOf(unlock(assertion))).toBe("proofRefused");
    expect(await state()).toBe("locked");
  });

  test("stays locked by a removed authenticator", async () => {
    const second = softwareAuthenticator();
    await run(enrol(page, second, { name: "Second" }));
    await run(page.call("authenticators.remove", { authenticator, password: PASSWORD }));
    await lock();
    const options = await unlockOptions();
    expect(options.credentials.map(({ id }) => id)).toEqual([second.credential]);
    expect(await nameOf(unlock(device.get(options)))).toBe("proofRefused");
    await run(unlock(second.get(await unlockOptions())));
    expect(await state()).toBe("unlocked");
  });

  test("stays locked by the PIN", async () => {
    await setPin();
    await lock();
    expect(await nameOf(page.call("session.unlock", { password: PIN }))).toBe("wrongPassword");
  });
});

describe("an authenticator is enrolled", () => {
  test("under a name, and is listed with what it can do", async () => {
    await run(enrol(page, softwareAuthenticator(), { name: " Blue\u202e key ", twist: { hasPrf: false } }));
    const { authenticators } = await run(page.call("authenticators.list", { proof: password }));
    expect(authenticators.map(({ name, unlocks }) => [name, unlocks])).toEqual([
      ["Fingerprint", true],
      ["Blue key", false],
    ]);
  });

  const refused: [why: string, expected: string, attempt: () => Promise<unknown>][] = [
    [
      "without the password",
      "proofRefused",
      () => page.call("authenticators.enrol", { name: "Second", password: "wrong" }),
    ],
    [
      "by the PIN",
      "proofRefused",
      async () => {
        await page.call("accounts.setPin", { password: PASSWORD, pin: PIN });
        return page.call("authenticators.enrol", { name: "Second", password: PIN });
      },
    ],
    [
      "under a name that another one has",
      "conflict",
      () => page.call("authenticators.enrol", { name: "Fingerprint", password: PASSWORD }),
    ],
    [
      "under a name of which nothing can be shown",
      "invalidParams",
      () => page.call("authenticators.enrol", { name: "\u200b\u202e", password: PASSWORD }),
    ],
    ["twice", "conflict", () => enrol(page, device, { name: "Again" })],
    [
      "where nobody was verified",
      "proofRefused",
      () => enrol(page, softwareAuthenticator(), { name: "Second", twist: { isUserVerified: false } }),
    ],
    [
      "by a page on another port",
      "proofRefused",
      () => enrol(page, softwareAuthenticator(), { name: "Second", twist: { origin: "http://postern.localhost:1" } }),
    ],
  ];
  test.each(refused)("not %s", async (_why, expected, attempt) => {
    expect(await nameOf(attempt())).toBe(expected);
    const { authenticators } = await run(page.call("authenticators.list", { proof: password }));
    expect(authenticators.map(({ name }) => name)).toEqual(["Fingerprint"]);
  });

  test("not over another connection than the password came from", async () => {
    const { options } = await run(page.call("authenticators.enrol", { name: "Second", password: PASSWORD }));
    const registration = softwareAuthenticator().create(options);
    const elsewhere = await agent.connect();
    expect(await nameOf(elsewhere.call("authenticators.register", { registration }))).toBe("proofRefused");
  });

  test("not by an answer after its time, nor by the same one twice", async () => {
    const { options } = await run(page.call("authenticators.enrol", { name: "Second", password: PASSWORD }));
    const late = softwareAuthenticator().create(options);
    agent.clock.advance(CHALLENGE_MS);
    expect(await nameOf(page.call("authenticators.register", { registration: late }))).toBe("proofRefused");
    const again = await run(page.call("authenticators.enrol", { name: "Second", password: PASSWORD }));
    const registration = softwareAuthenticator().create(again.options);
    expect(await nameOf(page.call("authenticators.register", { registration }))).toBe("answered");
    expect(await nameOf(page.call("authenticators.register", { registration }))).toBe("proofRefused");
  });

  test("not with a lock between its steps", async () => {
    const { options } = await run(page.call("authenticators.enrol", { name: "Second", password: PASSWORD }));
    await lock();
    const registration = softwareAuthenticator().create(options);
    expect(await nameOf(page.call("authenticators.register", { registration }))).toBe("locked");
  });

  test("and unlocks by no other authenticator's output", async () => {
    const { options } = await run(page.call("authenticators.enrol", { name: "Second", password: PASSWORD }));
    const made = await run(
      page.call("authenticators.register", { registration: softwareAuthenticator().create(options) }),
    );
    const assertion = device.get(made.options ?? expect.fail());
    expect(await nameOf(page.call("authenticators.enableUnlock", { assertion }))).toBe("proofRefused");
  });
});

test("eight authenticators fit, and a ninth one is refused before anybody touches it", async () => {
  for (let at = 2; at <= 8; at++) await run(enrol(page, softwareAuthenticator(), { name: `Key ${at}` }));
  expect(await nameOf(page.call("authenticators.enrol", { name: "Ninth", password: PASSWORD }))).toBe("tooLarge");
  await lock();
  await run(unlock(device.get(await unlockOptions())));
  expect(await state()).toBe("unlocked");
});

test("an authenticator of one account does nothing for another one", async () => {
  await run(makeWork(agent));
  const asker = await agent.connect();
  const { client } = await asker.call("clients.open", {
    account: "Work",
    integrationName: "x",
    integrationVersion: "1",
  });
  await asker.call("agent.subscribe", {});
  const opened = promptOn(asker);
  asker.call("vaults.list", { client }).catch(() => undefined);
  const { prompt } = await run(opened);
  expect(await nameOf(page.call("authenticators.challenge", { prompt }))).toBe("authenticatorUnavailable");
  await run(page.call("session.lock", { account: "Work" }));
  expect(await nameOf(page.call("authenticators.unlockChallenge", { account: "Work" }))).toBe(
    "authenticatorUnavailable",
  );
  await lock();
  const assertion = device.get(await unlockOptions());
  expect(await nameOf(page.call("authenticators.unlock", { account: "Work", assertion }))).toBe("proofRefused");
  expect(await nameOf(page.call("session.unlock", { account: "Work", password: WORK_PASSWORD }))).toBe("answered");
});
