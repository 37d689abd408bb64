// A session signs in only when it must, once for all waiting calls, and never after it was closed.
import { describe, expect, test } from "vitest";
import type { CallService } from "../../clients/account/service-client.ts";
import { createServiceSession, type ServiceSession } from "../../clients/account/service-session.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import { PosternError } from "../../protocol/errors.ts";
import { crypto } from "../service/doors.ts";

const expiresAt = "2026-11-24T09:00:00.000Z";

/** A scripted service. It counts the requests, and ends a session on demand. */
function service(
  more: { serverNonce?: string; before?: (name: string) => unknown; store?: () => string | undefined } = {},
) {
  const asked: string[] = [];
  let token = 0;
  let ended = -1;
  const call = (async (name: string, _params: object, options: { token?: string } = {}) => {
    asked.push(name);
    await more.before?.(name);
    if (name === "signIn.start")
      return { serverNonce: more.serverNonce ?? crypto.randomBytes(32).toBase64(), expiresAt };
    if (name === "signIn.finish") return { token: String(++token), expiresAt, record: {} };
    if (name === "service.info") return { store: more.store?.() };
    if (options.token === undefined || Number(options.token) <= ended) throw new PosternError("wrongCredentials");
    return {};
  }) as CallService;
  return {
    asked,
    call,
    /** Ends every session so far. `for ever` also ends all later ones. */
    end: (forEver = false) => {
      ended = forEver ? Number.POSITIVE_INFINITY : token;
    },
  };
}

function sessionOf(call: CallService): ServiceSession {
  const identity = {
    origin: "https://service.example",
    account: newId(crypto),
    user: newId(crypto),
    device: newId(crypto),
  };
  return createServiceSession(crypto, call, identity, crypto.randomBytes(32));
}

test("the first call signs in, the next does not", async () => {
  const { asked, call } = service();
  const session = sessionOf(call);
  await session.call("users.get", {});
  await session.call("users.get", {});
  expect(asked).toEqual(["signIn.start", "signIn.finish", "service.info", "users.get", "users.get"]);
});

test.each([undefined, true] as const)("each sign-in says whether a restore signs in (%s)", async (restoring) => {
  const said: unknown[] = [];
  const { call, end } = service();
  const listening = ((name, params, options) => {
    if (name === "signIn.finish") said.push((params as { restoring?: true }).restoring);
    return call(name, params, options);
  }) as CallService;
  const identity = {
    origin: "https://service.example",
    account: newId(crypto),
    user: newId(crypto),
    device: newId(crypto),
  };
  const who = restoring === undefined ? identity : { ...identity, restoring };
  const session = createServiceSession(crypto, listening, who, crypto.randomBytes(32));
  await session.call("users.get", {});
  end();
  await session.call("users.get", {});
  expect(said).toEqual([restoring, restoring]);
});

describe("a sign-in that is refused", () => {
  const [here, there] = [newId(crypto), newId(crypto)];
  const refusing = (store: () => string | undefined) =>
    service({
      store,
      before: (name) => {
        if (name === "signIn.finish") throw new PosternError("wrongCredentials");
      },
    });
  const signIn = ({ call }: { call: CallService }, more: object) => {
    const identity = {
      origin: "https://service.example",
      account: newId(crypto),
      user: newId(crypto),
      device: newId(crypto),
    };
    return createServiceSession(crypto, call, { ...identity, ...more }, crypto.randomBytes(32)).signIn();
  };

  test.each([
    ["by another store than before", here, there, "storeReplaced"],
    ["by the same", here, here, "wrongCredentials"],
    ["by a store where nobody knew one", undefined, there, "wrongCredentials"],
    ["by a service that does not say", here, undefined, "wrongCredentials"],
  ])("%s", async (_by, store, now, name) => {
    await expect(
      signIn(
        refusing(() => now),
        { store },
      ),
    ).rejects.toMatchObject({ name });
    const asToken = signIn(
      refusing(() => now),
      { store, byToken: true },
    );
    await expect(asToken).rejects.toMatchObject({ name: name === "wrongCredentials" ? "tokenRefused" : name });
  });

  test("is reported as refused, even if the service then goes away", async () => {
    const { call } = refusing(() => {
      throw new PosternError("offline");
    });
    await expect(signIn({ call }, { store: here })).rejects.toMatchObject({ name: "wrongCredentials" });
  });

  test("by another store during a session says so, and names the service", async () => {
    let store = here;
    const { call, end } = service({
      store: () => store,
      before: (name) => {
        if (name === "signIn.finish" && store === there) throw new PosternError("wrongCredentials");
      },
    });
    const session = sessionOf(call);
    await session.call("users.get", {});
    expect(session.store).toBe(here);
    store = there;
    end(true);
    await expect(session.call("users.get", {})).rejects.toMatchObject({
      name: "storeReplaced",
      message: expect.stringContaining("https://service.example"),
    });
  });
});

test("fifty calls that find the session ended sign in once", async () => {
  const { asked, call, end } = service();
  const session = sessionOf(call);
  await session.call("users.get", {});
  end();
  await Promise.all(Array.from({ length: 50 }, () => session.call("users.get", {})));
  expect(asked.filter((name) => name === "signIn.finish")).toHaveLength(2);
});

test("a service that never accepts a session is asked twice, not for ever", async () => {
  const { asked, call, end } = service();
  const session = sessionOf(call);
  end(true);
  await expect(session.call("users.get", {})).rejects.toMatchObject({ name: "wrongCredentials" });
  expect(asked.filter((name) => name === "users.get")).toHaveLength(2);
});

test.each(["", "AAAA", crypto.randomBytes(31).toBase64(), crypto.randomBytes(33).toBase64()])(
  "a nonce of another size is not signed (%#)",
  async (serverNonce) => {
    const { asked, call } = service({ serverNonce });
    await expect(sessionOf(call).signIn()).rejects.toMatchObject({ name: "serviceRefused" });
    expect(asked).not.toContain("signIn.finish");
  },
);

test("a closed session asks nobody", async () => {
  const { asked, call } = service();
  const session = sessionOf(call);
  await session.call("users.get", {});
  session.close();
  await expect(session.call("users.get", {})).rejects.toMatchObject({ name: "locked" });
  expect(() => session.replaceKey(crypto.randomBytes(32))).toThrow(expect.objectContaining({ name: "locked" }));
  expect(asked).toHaveLength(4);
});

test("a session closed while it signs in signs nothing with its wiped key", async () => {
  const session: { current?: ServiceSession } = {};
  const { asked, call } = service({ before: (name) => name === "signIn.start" && session.current?.close() });
  session.current = sessionOf(call);
  await expect(session.current.call("users.get", {})).rejects.toMatchObject({ name: "locked" });
  expect(asked).toEqual(["signIn.start"]);
});
