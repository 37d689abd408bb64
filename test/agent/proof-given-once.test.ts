// A proof for seeing a prompt also serves its answer: on that connection, for that text, once.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { WRONG_CODES_MAX } from "../../daemon/approval/overseer.ts";
import { makeAccount, PASSWORD, PIN } from "./person.ts";
import { type RunningAgent, startAgent } from "./start.ts";

let agent: RunningAgent;
let asking: Channel;
let approving: Channel;
let answered: Promise<unknown>;
let code: string;

const proof = { kind: "pin", pin: PIN } as const;
const nameOf = (call: Promise<unknown>) =>
  call.then(
    () => "answered",
    (error: { errorName?: string }) => error.errorName ?? "unknown",
  );

beforeEach(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  asking = await agent.connect();
  approving = await agent.connect();
  await asking.call("agent.subscribe", {});
  const opened = new Promise<string>((resolve) =>
    asking.onNotification((method, params) => method === "prompt.opened" && resolve(String(params.code))),
  );
  answered = asking.call("vaults.list", {});
  // The test that needs it looks at its refusal.
  answered.catch(() => undefined);
  code = await opened;
});
afterEach(() => agent.remove());

async function seen(channel = approving) {
  const { prompts } = await channel.call("prompts.list", { code, proof });
  const [prompt] = prompts;
  if (prompt?.hash === undefined) return expect.fail("the prompt is not listed");
  return { prompt: prompt.prompt, hash: prompt.hash };
}

test("the listing's proof approves, and the log has one proof", async () => {
  const { hash } = await seen();
  await approving.call("prompts.answer", { code, answer: "yes", hash });
  await answered;
  const { records } = await approving.call("audit.list", { proof: { kind: "password", password: PASSWORD } });
  expect(records.filter(({ event }) => event === "proof.pin")).toHaveLength(1);
});

test("the listing's proof approves by the prompt's id too, once", async () => {
  const { hash, prompt } = await seen();
  await approving.call("prompts.answer", { prompt, answer: "yes", hash });
  await answered;
  expect(await nameOf(approving.call("prompts.answer", { prompt, answer: "yes", hash }))).toBe("proofRequired");
});

describe("a prompt named by its id", () => {
  test("is approved by a PIN in the same call; by a wrong one or by none it is not", async () => {
    const { hash, prompt } = await seen();
    const other = await agent.connect();
    const yes = { prompt, answer: "yes", hash } as const;
    expect(await nameOf(other.call("prompts.answer", yes))).toBe("proofRequired");
    const wrong = { kind: "pin", pin: "000000" } as const;
    expect(await nameOf(other.call("prompts.answer", { ...yes, proof: wrong }))).toBe("proofRefused");
    await other.call("prompts.answer", { ...yes, proof });
    await answered;
  });

  test("is denied by that alone; ids that no prompt has are counted like wrong codes", async () => {
    const { prompt } = await seen();
    await approving.call("prompts.answer", { prompt, answer: "no" });
    expect(await nameOf(answered)).toBe("approvalDenied");
    const again = Array.from({ length: WRONG_CODES_MAX }, () =>
      approving.call("prompts.answer", { prompt, answer: "no" }),
    );
    expect(new Set(await Promise.all(again.map(nameOf)))).toEqual(new Set(["promptNotFound"]));
    expect(await nameOf(approving.call("prompts.answer", { prompt, answer: "no" }))).toBe("tryLater");
  });
});

describe("is asked for a proof of its own", () => {
  test("an answer on another connection", async () => {
    const { hash } = await seen();
    const other = await agent.connect();
    expect(await nameOf(other.call("prompts.answer", { code, answer: "yes", hash }))).toBe("proofRequired");
  });

  test("an answer to a prompt that was listed without its code", async () => {
    const { prompts } = await approving.call("prompts.list", { proof: { kind: "password", password: PASSWORD } });
    const hash = prompts[0]?.hash ?? expect.fail();
    expect(await nameOf(approving.call("prompts.answer", { code, answer: "yes", hash }))).toBe("proofRequired");
  });

  test("an answer after another text was named, even with the right one then", async () => {
    const { hash } = await seen();
    expect(await nameOf(approving.call("prompts.answer", { code, answer: "yes", hash: "other" }))).toBe("conflict");
    expect(await nameOf(approving.call("prompts.answer", { code, answer: "yes", hash }))).toBe("proofRequired");
  });

  test("an answer to a code that is not open, in the same words", async () => {
    await seen();
    expect(await nameOf(approving.call("prompts.answer", { code: "AA-00", answer: "yes" }))).toBe("proofRequired");
  });

  test("another width or length than the listed one", async () => {
    const { hash, prompt } = await seen();
    const answer = { prompt, answer: "yes", hash } as const;
    expect(await nameOf(approving.call("prompts.answer", { ...answer, choice: { lasts: "untilLock" } }))).toBe(
      "proofRequired",
    );
    await expect(
      approving.call("prompts.answer", { ...answer, choice: { lasts: "untilLock" }, proof }),
    ).rejects.toMatchObject({ errorName: "conflict" });
  });

  test("a second prompt", async () => {
    const { hash } = await seen();
    await approving.call("prompts.answer", { code, answer: "yes", hash });
    await answered;
    expect(await nameOf(approving.call("prompts.answer", { code, answer: "yes", hash }))).toBe("proofRequired");
  });
});

test("a wrong proof with the listing opens nothing", async () => {
  const wrong = { kind: "pin", pin: "000000" } as const;
  expect(await nameOf(approving.call("prompts.list", { code, proof: wrong }))).toBe("proofRefused");
  expect(await nameOf(approving.call("prompts.answer", { code, answer: "yes" }))).toBe("proofRequired");
});
