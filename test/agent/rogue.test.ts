// A process of the same user without any right. It gets nothing, and each try is in the audit log.
import { spawn } from "node:child_process";
import { copyFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient, DesktopAuth } from "../../clients/typescript/client.ts";
import { command as cli } from "../programs.ts";
import { hasTool } from "../tools.ts";
import { attachPerson, makeAccount, PASSWORD, type Person, PIN } from "./person.ts";
import { type RunningAgent, startAgent } from "./start.ts";

const reference = "op://Demo/DB/password";
const proof = { kind: "password" as const, password: PASSWORD };

let agent: RunningAgent;
let person: Person;

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  const writer = await createClient({ auth: new DesktopAuth(), socket: agent.socket });
  const { id: vaultId } = await writer.vaults.create({ title: "Demo" });
  await writer.items.create({
    vaultId,
    title: "DB",
    category: "Password",
    fields: [{ id: "password", title: "password", fieldType: "Concealed", value: "s3cret" }],
  });
  await writer.call("grants.revoke", { all: true, proof });
  writer.close();
  person.always("ignore");
});
afterAll(async () => {
  await agent.remove();
});

/** Outcomes in the audit log of one kind of event. */
async function recorded(event: string): Promise<string[]> {
  const { records } = await person.channel.call("audit.list", { limit: 1000, proof });
  return records.filter((record) => record.event === event).map((record) => record.outcome);
}

describe("a rogue that attaches as an approver", () => {
  test("is refused without a proof, and recorded", async () => {
    const rogue = await agent.connect();
    // The test's own grants are gone here, so it is like another process.
    await expect(rogue.call("prompts.attach", {})).rejects.toMatchObject({ errorName: "proofRequired" });
    expect(await recorded("prompts.attach")).toContain("proofRequired");
    rogue.close();
  });

  test("cannot say yes without a proof, nor with the code alone", async () => {
    const asker = await agent.connect();
    const asked = asker.call("secrets.resolve", { reference });
    asked.catch(() => undefined);
    const prompt = await person.next();
    const rogue = await agent.connect();
    await expect(
      rogue.call("prompts.answer", { code: prompt.code, answer: "yes", hash: prompt.hash }),
    ).rejects.toMatchObject({ errorName: "proofRequired" });
    // A choice that fits nothing is no way either to find an open code.
    for (const code of [prompt.code, "AA-00"])
      await expect(
        rogue.call("prompts.answer", { code, answer: "yes", choice: { lasts: "once", idleMinutes: 5 } }),
      ).rejects.toMatchObject({ errorName: "proofRequired" });
    await expect(
      rogue.call("prompts.answer", {
        code: prompt.code,
        answer: "yes",
        hash: prompt.hash,
        proof: { kind: "pin", pin: "000000" },
      }),
    ).rejects.toMatchObject({ errorName: "proofRefused" });
    expect(await recorded("proof.pin")).toContain("proofRefused");
    await person.no(prompt);
    await expect(asked).rejects.toMatchObject({ errorName: "approvalDenied" });
    asker.close();
    rogue.close();
  });

  test("cannot try a PIN against anything but an open prompt", async () => {
    const rogue = await agent.connect();
    await expect(rogue.call("grants.list", { proof: { kind: "pin", pin: PIN } })).rejects.toMatchObject({
      errorName: "promptNotFound",
    });
    await expect(
      rogue.call("prompts.answer", { code: "AA-00", answer: "yes", proof: { kind: "pin", pin: PIN } }),
    ).rejects.toMatchObject({ errorName: "promptNotFound" });
    rogue.close();
  });
});

test("the number of a client counts its own program's clients, and none of others", async () => {
  const own = { integrationName: "rogue", integrationVersion: "1" };
  const busy = await agent.connect();
  for (const number of ["1", "2", "3"]) expect((await busy.call("clients.open", own)).client).toBe(number);
  const rogue = await agent.connect();
  expect((await rogue.call("clients.open", own)).client).toBe("1");
  await rogue.call("clients.close", { client: "1" });
  // A number is not given twice, or a late call would reach another client.
  expect((await rogue.call("clients.open", own)).client).toBe("2");
  busy.close();
  rogue.close();
});

test("an answer cannot be replayed, neither to the same prompt nor to the next one like it", async () => {
  // This needs a separate process, since the test's process was denied above.
  const asker = asking();
  const first = await person.next();
  const answer = {
    code: first.code,
    answer: "yes" as const,
    ...(await person.once(first)),
    proof: { kind: "pin" as const, pin: PIN },
  };
  await person.channel.call("prompts.answer", answer);
  expect((await asker).secret).toBe("s3cret");
  await expect(person.channel.call("prompts.answer", { ...answer, proof })).rejects.toMatchObject({
    errorName: "promptNotFound",
  });
  const next = asking();
  const second = await person.next();
  expect(second.text.slice(1)).toEqual(first.text.slice(1));
  await expect(person.channel.call("prompts.answer", { ...answer, code: second.code, proof })).rejects.toMatchObject({
    errorName: "conflict",
  });
  await person.yes(second, { lasts: "once" });
  expect((await next).secret).toBe("s3cret");
});

/** A separate program that resolves the reference and waits for approval. */
function asking(): Promise<{ secret?: string; error?: { data: { name: string } } }> {
  const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "secrets.resolve", params: { reference } });
  const child = spawn("nc", ["-N", "-U", agent.socket], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(`${request}\n`);
  return new Promise((resolve) => {
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.once("close", () => {
      // The agent was killed meanwhile: no answer.
      if (text === "") return resolve({});
      const answer = JSON.parse(text) as { result?: { secret: string }; error?: { data: { name: string } } };
      resolve({ ...answer.result, ...(answer.error === undefined ? {} : { error: answer.error }) });
    });
  });
}

test("a rogue that detaches and runs our command is nobody's child: no lasting grant, and the prompt says so", async () => {
  const opened = person.next();
  // The shell ends at once, so that the command is adopted by init.
  const env = { HOME: agent.home, POSTERN_HOME: agent.home, PATH: process.env.PATH ?? "" };
  spawn(
    "sh",
    [
      "-c",
      `setsid "$0" --no-warnings "$1" read "$2" > out.txt 2> err.txt < /dev/null &`,
      process.execPath,
      cli,
      reference,
    ],
    { env, stdio: "ignore", cwd: agent.home },
  );
  const prompt = await opened;
  expect(prompt.text.at(-1)).toContain("this one command");
  const closed = new Promise((resolve) =>
    person.channel.onNotification(
      (method, params) => method === "prompt.closed" && params.code === prompt.code && resolve(params.ending),
    ),
  );
  await person.no(prompt);
  await expect(closed).resolves.toBe("denied");
  const { grants } = await person.channel.call("grants.list", { proof });
  expect(grants).toEqual([]);
  person.leave();
  person = await attachPerson(agent);
});

test.skipIf(!hasTool("python3"))(
  "a program that execs another one loses its grant with its image (needs python3)",
  async () => {
    const script = join(agent.home, "rogue.py");
    writeFileSync(
      script,
      `
import json, os, socket, sys
request = lambda id: (json.dumps({"jsonrpc": "2.0", "id": id, "method": "secrets.resolve", "params": {"reference": sys.argv[1], "noWait": id != 1}}) + "\\n").encode()
if len(sys.argv) == 3:
    s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[2]); s.sendall(request(1)); first = s.makefile().readline()
    assert "result" in first, "the first program was not approved"
    s2 = socket.socket(socket.AF_UNIX); s2.connect(sys.argv[2]); s2.sendall(request(2)); assert "result" in s2.makefile().readline()
    os.set_inheritable(s.fileno(), True)
    os.execv(sys.executable, [sys.executable, "-I", sys.argv[0], sys.argv[1], sys.argv[2], str(s.fileno())])
else:
    # The agent looks anew at most every 100 ms, so the old connection is tried until it did.
    s = socket.socket(fileno=int(sys.argv[3])); lines = s.makefile()
    for tries in range(100000):
        s.sendall(request(3)); old = lines.readline()
        if "result" not in old: break
    n = socket.socket(socket.AF_UNIX); n.connect(sys.argv[2]); n.sendall(request(4)); new = n.makefile().readline()
    print(json.dumps([json.loads(old), json.loads(new)]))
`,
    );
    person.always("yes");
    const child = spawn("python3", ["-I", script, reference, agent.socket], { stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    let err = "";
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      err += chunk.toString();
    });
    await new Promise((resolve) => child.once("close", resolve));
    person.always("ignore");
    expect(err).toBe("");
    const [old, fresh] = JSON.parse(out) as { error: { data: { name: string } } }[];
    expect(old?.error.data.name).toBe("peerRefused");
    expect(fresh?.error.data.name).toBe("approvalRequired");
    expect(await recorded("secrets.resolve")).toEqual(expect.arrayContaining(["peerRefused", "approvalRequired"]));
  },
);

describe("guessing the PIN", () => {
  test("over a kill -9 is counted, and told at the next unlock", async () => {
    const asker = asking();
    const prompt = await person.next();
    const guess = { code: prompt.code, answer: "yes" as const, hash: prompt.hash };
    for (const pin of ["111111", "222222", "333333"]) {
      await expect(
        person.channel.call("prompts.answer", { ...guess, proof: { kind: "pin", pin } }),
      ).rejects.toMatchObject({ errorName: "proofRefused" });
    }
    asker.catch(() => undefined);
    await agent.end("SIGKILL");
    agent = await agent.restart();
    const channel = await agent.connect();
    const unlocked = await channel.call("session.unlock", { password: PASSWORD });
    expect(unlocked.wrongPinTries).toBeGreaterThanOrEqual(3);
    channel.close();
    person = await attachPerson(agent);
  });

  test("ends after five in a row: even the right PIN is refused until the password", async () => {
    const asker = asking();
    const prompt = await person.next();
    const once = await person.once(prompt);
    const answer = (pin: string) =>
      person.channel.call("prompts.answer", {
        code: prompt.code,
        answer: "yes",
        ...once,
        proof: { kind: "pin", pin },
      });
    for (let index = 0; index < 4; index++)
      await expect(answer(`11111${index}`)).rejects.toMatchObject({ errorName: "proofRefused" });
    await expect(answer("111115")).rejects.toMatchObject({ errorName: "pinDisabled" });
    await expect(answer(PIN)).rejects.toMatchObject({ errorName: "pinDisabled" });
    expect((await person.channel.call("agent.status", {})).sessions[0]?.proof).toBe("password");
    await person.channel.call("prompts.answer", {
      code: prompt.code,
      answer: "yes",
      ...once,
      proof,
    });
    expect((await asker).secret).toBe("s3cret");
    expect((await person.channel.call("agent.status", {})).sessions[0]?.proof).toBe("pin");
  });

  test("with an older copy of the device store put back takes the PIN away, and tells", async () => {
    const [account = ""] = readdirSync(join(agent.home, "data", "accounts"));
    const store = join(agent.home, "data", "accounts", account, "device.sealed");
    copyFileSync(store, join(agent.home, "older"));
    const asker = asking();
    const prompt = await person.next();
    await expect(
      person.channel.call("prompts.answer", {
        code: prompt.code,
        answer: "yes",
        hash: prompt.hash,
        proof: { kind: "pin", pin: "111111" },
      }),
    ).rejects.toMatchObject({ errorName: "proofRefused" });
    asker.catch(() => undefined);
    await agent.end("SIGKILL");
    copyFileSync(join(agent.home, "older"), store);
    agent = await agent.restart();
    const channel = await agent.connect();
    const unlocked = await channel.call("session.unlock", { password: PASSWORD });
    expect(unlocked.warnings[0]).toContain("replaced by an older copy");
    expect((await channel.call("agent.status", {})).sessions[0]?.proof).toBe("password");
    channel.close();
  });
});

test("wrong account passwords wait longer and longer, over a kill -9 too", async () => {
  const channel = await agent.connect();
  await channel.call("session.lock", {});
  for (let index = 0; index < 3; index++)
    await expect(channel.call("session.unlock", { password: "wrong wrong" })).rejects.toMatchObject({
      errorName: "wrongPassword",
    });
  await expect(channel.call("session.unlock", { password: PASSWORD })).rejects.toMatchObject({ errorName: "tryLater" });
  channel.close();
  await agent.end("SIGKILL");
  agent = await agent.restart();
  const again = await agent.connect();
  const outcomes: string[] = [];
  for (;;) {
    const outcome = await again.call("session.unlock", { password: PASSWORD }).then(
      (unlocked) => `unlocked after ${unlocked.wrongPasswordTries}`,
      (error: { errorName: string }) => error.errorName,
    );
    outcomes.push(outcome);
    if (outcome !== "tryLater") break;
  }
  expect(outcomes.at(-1)).toBe("unlocked after 3");
  again.close();
});

// This comes last, since the test plays the person in the same process: the family that must wait is its own.
test("must wait after five wrong codes", async () => {
  const rogue = await agent.connect();
  const wrong = () => rogue.call("prompts.answer", { code: "AA-00", answer: "no", proof });
  for (let index = 0; index < 5; index++) await expect(wrong()).rejects.toMatchObject({ errorName: "promptNotFound" });
  await expect(wrong()).rejects.toMatchObject({ errorName: "tryLater" });
  rogue.close();
});
