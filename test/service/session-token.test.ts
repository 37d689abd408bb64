// The token of a session. A wrong one makes no read, so nobody needs a limit for them, and no right one is ever refused for others.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createServiceClient, EMBEDDED_ORIGIN } from "../../clients/account/service-client.ts";
import { isOwnSessionToken, newSessionToken } from "../../service/account/session-token.ts";
import { type App, createApp } from "../../service/app.ts";
import { nodePrimitives as primitives } from "../../service/primitives.ts";
import { crypto, type InProcess, inProcess, newUser, open, type User } from "./doors.ts";

let door: InProcess;
let ada: User;
let app: App;
let reads: number;
let tokens: string[];

beforeEach(async () => {
  door = await inProcess();
  ada = await newUser(door);
  door.stop();
  tokens = [];
  const counted = new Proxy(door.store.db, {
    get: (db, name) => {
      if (name === "selectFrom") reads++;
      const found: unknown = Reflect.get(db, name);
      return typeof found === "function" ? found.bind(db) : found;
    },
  });
  app = await createApp({
    ...{ store: { ...door.store, db: counted }, primitives, origin: EMBEDDED_ORIGIN, now: door.now },
    onUnforeseen: (thrown) => expect.fail(String(thrown)),
  });
  reads = 0;
});
afterEach(() => door.close());

/** The status of a request with this token. */
async function statusOf(token: string, from = "192.0.2.1"): Promise<number> {
  const headers = { "content-type": "application/json", "content-length": "2", authorization: `Bearer ${token}` };
  const request = new Request("http://localhost/v1/devices.list", { method: "POST", headers, body: "{}" });
  return (await app.fetch(request, from)).status;
}

/** The token of a session of Ada's. */
async function signedIn(): Promise<string> {
  const fetch = async (request: Request) => {
    const response = await door.address.fetch(request);
    if (request.url.endsWith("signIn.finish"))
      tokens.push(((await response.clone().json()) as { token: string }).token);
    return response;
  };
  const address = { ...door.address, fetch };
  await open({ ...door, address, call: createServiceClient(address) }, ada);
  return tokens.at(-1) ?? expect.fail("no token was made");
}

const changed = (token: string, at: number) => {
  const bytes = Buffer.from(token, "base64url");
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes.toString("base64url");
};

describe("a session's token", () => {
  test("that is right is looked up, and answered", async () => {
    expect(await statusOf(await signedIn())).toBe(200);
    expect(reads).toBeGreaterThan(0);
  });

  test("that is wrong makes no read, whatever it looks like", async () => {
    const right = await signedIn();
    const key = crypto.randomBytes(32);
    const wrong = [
      ...[0, 15, 16, 31].map((at) => changed(right, at)),
      right.slice(0, -2),
      right.slice(0, 22),
      `${right}AA`,
      crypto.randomBytes(32).toBase64({ alphabet: "base64url", omitPadding: true }),
      Buffer.from(newSessionToken({ primitives, challengeKey: key })).toString("base64url"),
      "A".repeat(8_000),
      "x",
    ];
    for (const token of wrong) expect([token.slice(0, 50), await statusOf(token)]).toEqual([token.slice(0, 50), 401]);
    expect(reads).toBe(0);
  });

  test("is answered while its address sends ten thousand wrong ones", async () => {
    const right = await signedIn();
    for (let sent = 0; sent < 10_000; sent++) await statusOf(changed(right, sent % 32));
    expect(reads).toBe(0);
    expect(await statusOf(right)).toBe(200);
  });

  test("is no challenge's MAC: neither can be made from the other", async () => {
    const challengeKey = crypto.randomBytes(32);
    const random = crypto.randomBytes(16);
    const mac = primitives.hmacSha256(challengeKey, random).subarray(0, 16);
    expect(isOwnSessionToken({ primitives, challengeKey }, Uint8Array.from([...random, ...mac]))).toBe(false);
    expect(isOwnSessionToken({ primitives, challengeKey }, newSessionToken({ primitives, challengeKey }))).toBe(true);
  });
});
