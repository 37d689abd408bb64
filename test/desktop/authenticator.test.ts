// Fingerprint readers and security keys in a real Chromium, with its virtual authenticator, against the agent's own door: enrolling, approving, unlocking, and
// each way in which that must fail.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, CDPSession, Page, Route } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Channel } from "../../clients/typescript/channel.ts";
import { type InProcessAgent, passing, startInProcess } from "../agent/in-process.ts";
import { makeAccount, PASSWORD, PIN } from "../agent/person.ts";
import { chromiumPath, startChromium } from "../web/stage.ts";

let browser: Browser;
let agent: InProcessAgent;
let channel: Channel;
let page: Page;
let cdp: CDPSession;
let authenticatorId: string;

const run = <T>(attempt: Promise<T>): Promise<T> => passing(agent, attempt);
const proof = { kind: "password", password: PASSWORD } as const;

const BUTTON = "Use your fingerprint or security key";

/** Adds the person's authenticator to the page. It belongs to this page, over each navigation. */
async function plugIn(hasPrf = true): Promise<string> {
  const added = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      ctap2Version: "ctap2_1",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      hasPrf,
    },
  });
  return added.authenticatorId;
}

/** What the authenticator signs wrongly from now on. */
const twist = (bits: { isBogusSignature?: boolean; isBadUV?: boolean }) =>
  cdp.send("WebAuthn.setResponseOverrideBits", { authenticatorId, isBogusSignature: false, isBadUV: false, ...bits });

/** The address in a redirect file. */
const addressIn = (file: string) => /url=([^"]+)"/.exec(readFileSync(file, "utf8"))?.[1] ?? expect.fail("no address");

const redirects = () => readdirSync(join(agent.home, "run")).filter((name) => /^app-.*\.html$/.test(name));

async function openApp(route = "Accounts"): Promise<void> {
  const { file } = await channel.call("app.open", {});
  // The fragment alone would load nothing anew.
  await page.goto("about:blank");
  await page.goto(addressIn(file));
  await run(page.getByRole("link", { name: route, exact: true }).click());
}

/** Enrols on the page of the app, as a person does. */
async function enrol(name = "Fingerprint"): Promise<void> {
  await openApp("Fingerprint and keys");
  await run(page.getByRole("button", { name: "Show it" }).click());
  await run(page.getByLabel("Approval PIN").fill(PIN));
  await run(page.getByRole("button", { name: "Approve" }).click());
  await run(page.getByLabel("Account password").fill(PASSWORD));
  await run(page.getByLabel("Its name").fill(name));
  await run(page.getByRole("button", { name: "Enrol" }).click());
  await reads(`${name} approves`);
}

/** Another program asks for something, and the agent's page for that question is opened. */
async function asked(method: "vaults.create" | "groups.create" = "vaults.create") {
  const before = new Set(redirects());
  const asker = await agent.connect();
  const answer = asker.call(method, { title: "Asked for" }).then(
    () => "allowed",
    (error: { errorName: string }) => error.errorName,
  );
  let file: string | undefined;
  const found = async () => {
    while (file === undefined) {
      file = redirects().find((name) => !before.has(name));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await run(found());
  await page.goto("about:blank");
  await page.goto(addressIn(join(agent.home, "run", file ?? "")));
  await run(page.getByRole("button", { name: "Deny" }).waitFor());
  return { answer };
}

const useKey = () => run(page.getByRole("button", { name: BUTTON }).click());
const reads = (text: string | RegExp) => run(page.getByText(text).first().waitFor());

/** Changes what the page sends, as a program that stood between would. */
async function between(change: (request: Sent) => object): Promise<void> {
  await page.route("**/send", (route: Route) => {
    const request = JSON.parse(route.request().postData() ?? "{}") as Sent;
    return route.continue({ postData: JSON.stringify({ ...request, params: change(request) }) });
  });
}

type Sent = { readonly method: string; readonly params: Record<string, unknown> & { proof?: { kind: string } } };

const isProof = ({ params }: Sent) => params.proof?.kind === "webauthn";

/** Runs in the page: the same request once more, under another number. */
function sendAgain({ headers, body }: { headers: Record<string, string>; body: string }): Promise<number> {
  const { id, ...request } = JSON.parse(body) as { id: number };
  const { authorization = "", "postern-connection": connection = "" } = headers;
  return fetch("/send", {
    method: "POST",
    headers: { "content-type": "application/json", authorization, "postern-connection": connection },
    body: JSON.stringify({ ...request, id: id + 1_000 }),
  }).then(({ status }) => status);
}

/** The outcomes of assertions in the log. */
async function proofs(): Promise<string[]> {
  const { records } = await run(channel.call("audit.list", { limit: 200, proof }));
  return records.flatMap(({ event, outcome, count }) =>
    event === "proof.webauthn" ? Array<string>(count).fill(outcome) : [],
  );
}

const state = async () => (await channel.call("agent.status", {})).sessions[0]?.state;

describe.skipIf(chromiumPath === undefined)("in Chromium (needs chromium)", () => {
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser.close());

  beforeEach(async () => {
    agent = await startInProcess(undefined, undefined, undefined, undefined, [], {
      env: { DISPLAY: ":0" },
      browsers: { opener: "/usr/bin/true", notifier: "/usr/bin/false" },
    });
    // The page counts down by the time of day.
    agent.clock.setWall(Date.now());
    await run(makeAccount(agent, "Ada", { approvers: ["app"] }));
    channel = await agent.connect();
    page = await (await browser.newContext()).newPage();
    cdp = await page.context().newCDPSession(page);
    await cdp.send("WebAuthn.enable", { enableUI: false });
    authenticatorId = await plugIn();
    await enrol();
  });
  afterEach(async () => {
    await page.context().close();
    channel.close();
    await agent.close();
  });

  test("an authenticator that was enrolled approves a question at one touch", async () => {
    const { answer } = await asked();
    await useKey();
    expect(await run(answer)).toBe("allowed");
    expect(await proofs()).toEqual(["ok"]);
  });

  test("a question is denied beside it", async () => {
    const { answer } = await asked();
    await run(page.getByRole("button", { name: "Deny" }).click());
    expect(await run(answer)).toBe("approvalDenied");
    expect(await proofs()).toEqual([]);
  });

  test("a verification that fails is told, and the next one approves", async () => {
    const { answer } = await asked();
    await twist({ isBadUV: true });
    await useKey();
    await reads("The authenticator's answer does not fit.");
    await twist({});
    await useKey();
    expect(await run(answer)).toBe("allowed");
    expect(await proofs()).toEqual(["proofRefused", "ok"]);
  });

  test("a bogus signature approves nothing", async () => {
    const { answer } = await asked();
    await twist({ isBogusSignature: true });
    await useKey();
    await reads("The authenticator's answer does not fit.");
    await run(page.getByRole("button", { name: "Deny" }).click());
    expect(await run(answer)).toBe("approvalDenied");
    expect(await proofs()).toEqual(["proofRefused"]);
  });

  test("a person who touches nothing in time is told so, and the PIN still approves", async () => {
    await cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled: false });
    // The browser's own time, cut down from two minutes.
    await page.addInitScript(`{
      const get = navigator.credentials.get.bind(navigator.credentials);
      navigator.credentials.get = (asked) => get({ ...asked, publicKey: { ...asked.publicKey, timeout: 200 } });
    }`);
    const { answer } = await asked();
    await useKey();
    await reads(/was refused, or took too long/);
    await run(page.getByLabel("Approval PIN").fill(PIN));
    await run(page.getByRole("button", { name: "Approve" }).click());
    expect(await run(answer)).toBe("allowed");
    expect(await proofs()).toEqual([]);
  });

  test("an authenticator without the extension prf approves, and does not unlock", async () => {
    await cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });
    authenticatorId = await plugIn(false);
    await enrol("Plain");
    await reads("Plain approves from now on. It cannot unlock.");
    const { answer } = await asked();
    await useKey();
    expect(await run(answer)).toBe("allowed");
    await run(channel.call("session.lock", {}));
    await openApp();
    await useKey();
    await reads(/was refused, or took too long/);
    expect(await state()).toBe("locked");
  });

  test("a person who is not verified approves nothing", async () => {
    await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
    const { answer } = await asked();
    await useKey();
    await reads(/was refused, or took too long/);
    await run(page.getByRole("button", { name: "Deny" }).click());
    expect(await run(answer)).toBe("approvalDenied");
  });

  test("a page whose question was answered elsewhere approves nothing", async () => {
    const { answer } = await asked();
    const { prompts } = await run(channel.call("prompts.list", { proof }));
    await channel.call("prompts.answer", { prompt: prompts[0]?.prompt ?? "", answer: "no" });
    expect(await run(answer)).toBe("approvalDenied");
    await run(page.getByRole("button", { name: BUTTON }).waitFor({ state: "detached" }));
    await run(page.reload());
    await run(page.getByRole("heading").first().waitFor());
    expect(await page.getByRole("button", { name: BUTTON }).count()).toBe(0);
    expect(await proofs()).toEqual([]);
  });

  test("an answer that is sent a second time is refused", async () => {
    const { answer } = await asked();
    let sent: { headers: Record<string, string>; body: string } | undefined;
    await page.route("**/send", async (route) => {
      const request = route.request();
      const body = request.postData() ?? "{}";
      if (isProof(JSON.parse(body))) sent = { headers: request.headers(), body };
      // The page closes its line after its answer. So the second one goes before that.
      else if (sent !== undefined) await page.evaluate(sendAgain, sent);
      await route.continue();
      if (sent !== undefined && !isProof(JSON.parse(body))) sent = undefined;
    });
    await useKey();
    expect(await run(answer)).toBe("allowed");
    expect((await proofs()).toSorted()).toEqual(["ok", "proofRefused"]);
  });

  test("an approval of one question is none of another", async () => {
    const other = await asked("groups.create");
    const { prompts } = await run(channel.call("prompts.list", { proof }));
    const { answer } = await asked("vaults.create");
    const code = prompts[0]?.code ?? expect.fail("it is not open");
    await between((request) => (isProof(request) ? { ...request.params, code } : request.params));
    await useKey();
    await reads(/No challenge of this connection waits/);
    expect(await proofs()).toEqual(["proofRefused"]);
    await page.unroute("**/send");
    await run(page.getByRole("button", { name: "Deny" }).click());
    expect(await run(answer)).toBe("approvalDenied");
    await channel.call("prompts.answer", { prompt: prompts[0]?.prompt ?? "", answer: "no" });
    expect(await run(other.answer)).toBe("approvalDenied");
  });

  test("a length that is changed after the challenge is refused", async () => {
    const { answer } = await asked();
    await between((request) =>
      isProof(request) ? { ...request.params, choice: { lasts: "workingDay" } } : request.params,
    );
    await useKey();
    await reads(/The width or the length is not the one that the challenge was for/);
    expect(await proofs()).toEqual(["proofRefused"]);
    await page.unroute("**/send");
    await run(page.getByRole("button", { name: "Deny" }).click());
    expect(await run(answer)).toBe("approvalDenied");
  });

  describe("a locked account", () => {
    async function locked(): Promise<void> {
      await run(channel.call("session.lock", {}));
      await openApp();
    }

    test("is unlocked by it", async () => {
      await locked();
      await useKey();
      await reads("Unlocked");
      expect(await state()).toBe("unlocked");
    });

    test("is unlocked by it after a change of the password", async () => {
      await run(channel.call("accounts.changePassword", { password: PASSWORD, newPassword: "eleven bright lanterns" }));
      await locked();
      await useKey();
      await reads("Unlocked");
    });

    test("stays locked where the signature is bogus, though the output is right", async () => {
      await locked();
      await twist({ isBogusSignature: true });
      await useKey();
      await reads(/authenticator's answer does not fit/);
      expect(await state()).toBe("locked");
    });

    test("is not offered one that was removed on the page", async () => {
      await openApp("Fingerprint and keys");
      await run(page.getByRole("button", { name: "Show it" }).click());
      await run(page.getByRole("button", { name: BUTTON }).click());
      await run(page.getByLabel("Account password").fill(PASSWORD));
      await run(page.getByRole("button", { name: "Remove Fingerprint" }).click());
      await reads(/was removed/);
      await locked();
      await run(page.getByLabel("Account password").waitFor());
      expect(await page.getByRole("button", { name: BUTTON }).count()).toBe(0);
    });
  });
});
