// What a client without an account tries at the service. After each attack, or during it, a person on a known device goes on working.
import { newId, toBase64 } from "../../protocol/crypto/encoding.ts";
import { secretOf, shareKeys } from "../../protocol/crypto/share.ts";
import { serviceLimits } from "../../protocol/service-catalogue.ts";
import { ADDRESS_CONNECTIONS_MAX } from "../../service/door/connections.ts";
import { STRANGER_BODY_BYTES_MAX } from "../../service/door/request-bounds.ts";
import { STRANGERS_RATE } from "../../service/door/strangers.ts";
import {
  crypto,
  details,
  inProcess,
  newUser,
  type Opened,
  type OwnProcess,
  open,
  overLoopback,
  overview,
  type User,
} from "../service/doors.ts";
import { addressOf, flood, knock, openSocket, peakMiB, send, worstWhile } from "./stranger-client.ts";
import type { Attack, Extent } from "./table.ts";
import { aucOf, isToldApart } from "./told-apart.ts";

const MiB = 1024 * 1024;

/** Milliseconds that a person may wait while strangers attack, on a busy machine. The found attacks took thirty seconds. */
const PATIENCE_MS = 3_000;

/** MiB that the service may have at any time. It has some 120 at rest. The found attack took 2,600. */
const MEMORY_MIB_MAX = 400;

type Stage = { readonly service: OwnProcess; readonly ada: User; readonly hers: Opened };

/** A fresh service with one person, who is signed in. */
async function staged(extent: Extent, act: (stage: Stage, extent: Extent) => Promise<string | undefined>) {
  const service = await overLoopback();
  try {
    const ada = await newUser(service);
    const hers = await open(service, ada);
    const found = await act({ service, ada, hers }, extent);
    hers.account.close();
    return found ?? (service.log() === "" ? undefined : `the service printed ${service.log()}`);
  } finally {
    await service.close();
  }
}

const attack = (tried: string, act: (stage: Stage, extent: Extent) => Promise<string | undefined>): Attack => ({
  tried,
  run: (extent) => staged(extent, act),
});

/** Signs the person in once more, on the known device. */
const comesIn = async ({ service, ada }: Stage) => (await open(service, ada)).account.close();

const works = ({ hers }: Stage) => hers.signedIn.session.call("vaults.list", {});

async function worksWhile(stage: Stage, attacked: Promise<unknown>): Promise<string | undefined> {
  const worst = await worstWhile(() => works(stage), attacked);
  const peak = peakMiB(stage.service);
  if (worst > PATIENCE_MS) return `a person waited ${Math.round(worst)} ms`;
  return peak > MEMORY_MIB_MAX ? `the service had ${Math.round(peak)} MiB` : undefined;
}

const floods: readonly Attack[] = [
  attack("many signIn.start from one address, then a known device signs in from it", async (stage, extent) => {
    const count = extent === "short" ? 400 : 10_500;
    await flood(count, () => send(stage.service, "signIn.start", knock(), "127.0.0.1"));
    await comesIn(stage);
    return undefined;
  }),
  attack("many signIn.start from two hundred addresses, then a known device signs in", async (stage, extent) => {
    const count = extent === "short" ? 400 : STRANGERS_RATE.burst * 5;
    await flood(count, (number) => send(stage.service, "signIn.start", knock(), addressOf(number % 200)));
    await comesIn(stage);
    return undefined;
  }),
  attack("wrong sign-ins to one account from many addresses, then a known device signs in", async (stage, extent) => {
    const { service, ada } = stage;
    const nonce = crypto.randomBytes(32).toBase64();
    const signature = crypto.randomBytes(64).toBase64();
    await flood(extent === "short" ? 60 : 2_000, async (number) => {
      const who = { account: ada.account, user: ada.user, device: newId(crypto), clientNonce: nonce };
      const from = addressOf(number % 200);
      const started = await send(service, "signIn.start", JSON.stringify(who), from);
      if (started.status !== 200) return started;
      const answer = { ...who, ...(JSON.parse(started.body) as object), signature };
      return send(service, "signIn.finish", JSON.stringify(answer), from);
    });
    await comesIn(stage);
    return undefined;
  }),
];

const large: readonly Attack[] = [
  attack("16 MiB of JSON to service.info on many connections at once", async (stage, extent) => {
    const body = Buffer.from(`[${'"",'.repeat((16 * MiB) / 3 - 2)}""]`);
    const connections = extent === "short" ? 10 : 60;
    const sent = Array.from({ length: connections }, (_, number) =>
      send(stage.service, "service.info", body, addressOf(number % 3)),
    );
    return worksWhile(stage, Promise.all(sent));
  }),
  attack("64 KiB of the costliest JSON to accounts.create, again and again", async (stage, extent) => {
    const body = Buffer.from(`[${"{},".repeat(STRANGER_BODY_BYTES_MAX / 3 - 1)}{}]`);
    const count = extent === "short" ? 200 : 10_000;
    return worksWhile(
      stage,
      flood(count, (number) => send(stage.service, "accounts.create", body, addressOf(number % 50))),
    );
  }),
  attack("the longest body of each operation without a session, all at once", async (stage) => {
    const names = ["service.info", "signIn.start", "signIn.finish", "shares.state", "shares.open", "shares.getChunk"];
    const body = Buffer.alloc(STRANGER_BODY_BYTES_MAX, "[");
    for (const name of names) {
      const { status } = await send(stage.service, name, body);
      if (status !== 413) return `${name} took ${body.length} bytes: ${status}`;
    }
    return undefined;
  }),
];

const slow: readonly Attack[] = [
  attack("as many connections as one address gets, and more, that never say what they want", async (stage) => {
    const sockets = await Promise.all(
      Array.from({ length: 2 * ADDRESS_CONNECTIONS_MAX }, () =>
        openSocket(stage.service, "POST /v1/service.info HTTP/1.1\r\nhost: x\r\n"),
      ),
    );
    await comesIn(stage);
    await works(stage);
    const count = () => sockets.filter((socket) => !socket.destroyed).length;
    // The service hears of a connection later than its client does.
    const until = performance.now() + PATIENCE_MS;
    while (count() > ADDRESS_CONNECTIONS_MAX && performance.now() < until) await works(stage);
    const open = count();
    for (const socket of sockets) socket.destroy();
    return open > ADDRESS_CONNECTIONS_MAX ? `${open} connections of one address stayed open` : undefined;
  }),
  attack("bodies of 64 KiB that are claimed and never sent, from many addresses", async (stage, extent) => {
    const head = `POST /v1/accounts.create HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${STRANGER_BODY_BYTES_MAX}\r\n\r\n{`;
    const sockets = await Promise.all(
      Array.from({ length: extent === "short" ? 100 : 1_000 }, (_, number) =>
        openSocket(stage.service, head, addressOf(number % 50)),
      ),
    );
    const found = await worksWhile(stage, comesIn(stage));
    for (const socket of sockets) socket.destroy();
    return found;
  }),
  attack("clients that go away: in a head, in a body, before an answer, and in it", async (stage, extent) => {
    const heads = (length: number) =>
      `POST /v1/signIn.start HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;
    const whole = knock();
    const beginnings = ["POST /v1/ser", `${heads(200)}{"acc`, heads(whole.length) + whole, `${heads(2)}{}`];
    for (let round = 0; round < (extent === "short" ? 10 : 200); round++) {
      const sockets = await Promise.all(beginnings.map((bytes) => openSocket(stage.service, bytes)));
      for (const socket of sockets) socket.resetAndDestroy();
    }
    const gone = new AbortController();
    const { session } = stage.hers.signedIn;
    const { cursor } = await session.call("events.wait", { waitMs: 0 });
    const waiting = session.call("events.wait", { cursor, waitMs: 20_000 }, gone.signal);
    await works(stage);
    gone.abort();
    const went = await waiting.then(
      () => "answered",
      () => "gone",
    );
    await works(stage);
    return went === "gone" ? undefined : "the wait was answered";
  }),
];

/** A link to an item of the person, for many views. */
async function linkOf({ hers }: Stage, oneTime = false) {
  const vault = (await hers.account.createVault("Shared", "")).id;
  const item = await hers.account.createItem(vault, overview("DB"), details("x"));
  const { url } = await hers.account.shares.create(item, { expireAfter: "OneDay", oneTime });
  const { pathname, hash } = new URL(url);
  const secret = secretOf(hash);
  if (secret === undefined) throw new Error("the link has no secret");
  return { share: pathname.slice("/s/".length), accessKey: toBase64(shareKeys(crypto, secret).accessKey) };
}

const links: readonly Attack[] = [
  attack("many views of a link for many views, then another reader opens it", async (stage, extent) => {
    const link = await linkOf(stage);
    const view = () => JSON.stringify({ ...link, view: newId(crypto) });
    const [addresses, views] = extent === "short" ? [2, 200] : [20, serviceLimits.shareViews * 2];
    await flood(views, (number) => send(stage.service, "shares.open", view(), addressOf(number % addresses)));
    const { status, body } = await send(stage.service, "shares.open", view(), "127.0.0.1");
    return status === 200 ? undefined : `the reader was answered ${status} ${body}`;
  }),
  attack(
    "guessed links: an unknown share and a wrong key are answered by the same bytes, and spend nothing",
    async (stage, extent) => {
      const link = await linkOf(stage, true);
      const wrong = { ...link, accessKey: crypto.randomBytes(32).toBase64() };
      const answers = new Set<string>();
      for (let made = 0; made < (extent === "short" ? 20 : 100); made++)
        for (const guess of [wrong, { ...wrong, share: newId(crypto) }])
          answers.add(
            (await send(stage.service, "shares.open", JSON.stringify({ ...guess, view: newId(crypto) }))).body,
          );
      if (answers.size !== 1) return `there were ${answers.size} answers`;
      const { status } = await send(stage.service, "shares.state", JSON.stringify(link));
      return status === 200 ? undefined : `the link was spent: ${status}`;
    },
  ),
];

/** In process: the limit of wrong sign-ins would end the measuring, and a network would hide what it finds. */
const asked: Attack = {
  tried: "signIn.finish of a known and an unknown user are told apart by bytes or by time",
  run: async (extent) => {
    const door = await inProcess();
    try {
      const ada = await newUser(door);
      const bodies = new Set<string>();
      const finish = async (user: string): Promise<number> => {
        const who = {
          account: ada.account,
          user,
          device: newId(crypto),
          clientNonce: toBase64(crypto.randomBytes(32)),
        };
        const { serverNonce, expiresAt } = await door.call("signIn.start", who);
        const signature = toBase64(crypto.randomBytes(64));
        const request = new Request("http://embedded.invalid/v1/signIn.finish", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ ...who, serverNonce, expiresAt, signature }),
        });
        const began = performance.now();
        const response = await door.address.fetch(request);
        const took = performance.now() - began;
        bodies.add(`${response.status} ${await response.text()}`);
        return took;
      };
      const times = { known: [] as number[], unknown: [] as number[] };
      const samples = extent === "short" ? 300 : 5_000;
      for (let made = -WARM; made < samples; made++)
        for (const kind of made % 2 === 0 ? (["known", "unknown"] as const) : (["unknown", "known"] as const)) {
          const took = await finish(kind === "known" ? ada.user : newId(crypto));
          if (made >= 0) times[kind].push(took);
        }
      if (bodies.size !== 1) return `there were ${bodies.size} answers: ${[...bodies].join(" | ")}`;
      const { auc } = aucOf(times.known, times.unknown);
      return isToldApart(times.known, times.unknown) ? `told apart by time: ${auc.toFixed(3)}` : undefined;
    } finally {
      await door.close();
    }
  },
};

/** Requests before the first that is measured, until the code is compiled. */
const WARM = 100;

export const strangerAttacks: readonly Attack[] = [...floods, ...large, ...slow, ...links, asked];
