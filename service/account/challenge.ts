// Challenges that the service need not keep. A nonce is random bytes and a MAC over them and all that the challenge binds. So a
// stranger who asks for ten thousand of them stores nothing. Only a nonce that was answered rightly is stored, until it would have
// run out: it counts once.
import { utf8 } from "../../protocol/crypto/encoding.ts";
import type { CheckingPrimitives } from "../../protocol/crypto/primitives.ts";
import type { OperationParams } from "../../protocol/service-catalogue.ts";
import { AHEAD_MS_MAX, bytes, type Service, text, timestamp } from "../context.ts";
import { changesRow } from "../store/changed.ts";
import type { Store } from "../store/store.ts";
import type { Db } from "../store/tables.ts";

/** Milliseconds in which a challenge may be answered. One signature takes far less, and a stolen challenge should not last. */
export const CHALLENGE_MS = 60_000;

/** Bytes of either half of a nonce. Neither random bytes nor a MAC of 128 bits are guessed. */
const HALF_BYTES = 16;

type Bound = Pick<OperationParams<"signIn.finish">, "account" | "user" | "device" | "clientNonce" | "expiresAt">;

const KEY_BYTES = 32;

/** The store's key of challenges, made at the first start. Every process of a store has the same, so a restart refuses no answer. */
export function challengeKeyOf(store: Store, crypto: Pick<CheckingPrimitives, "randomBytes">): Promise<Uint8Array> {
  return store.write(async (db) => {
    const made = crypto.randomBytes(KEY_BYTES);
    await db.updateTable("store").set({ challenge_key: made }).where("challenge_key", "is", null).execute();
    const { challenge_key: key } = await db.selectFrom("store").select("challenge_key").executeTakeFirstOrThrow();
    if (key === null) throw new Error("the store has no key of challenges");
    return key;
  });
}

/** A new challenge for who asks. */
export function newChallenge(
  service: Service,
  asked: OperationParams<"signIn.start">,
): { serverNonce: string; expiresAt: string } {
  const expiresAt = new Date(service.now() + CHALLENGE_MS).toISOString();
  const random = service.primitives.randomBytes(HALF_BYTES);
  return { serverNonce: text(Buffer.concat([random, macOf(service, random, { ...asked, expiresAt })])), expiresAt };
}

/** Whether this service made the challenge for the same caller, and it has not run out. */
export function isOwnChallenge(service: Service, answered: Bound & { serverNonce: string }): boolean {
  const nonce = bytes(answered.serverNonce);
  const mac = macOf(service, nonce.subarray(0, HALF_BYTES), answered);
  const isLiving = answered.expiresAt >= timestamp(service) && answered.expiresAt <= furthest(service);
  return service.primitives.equal(nonce.subarray(HALF_BYTES), mac) && isLiving;
}

/** The latest end that is believed. A challenge of a clock that was ahead ends with it; otherwise it would live on for as long. */
const furthest = (service: Service) => new Date(service.now() + CHALLENGE_MS + AHEAD_MS_MAX).toISOString();

/** JSON keeps the parts apart: no two lists of texts are written alike. */
function macOf(
  { primitives, challengeKey }: Service,
  random: Uint8Array,
  { account, user, device, clientNonce, expiresAt }: Bound,
): Uint8Array {
  const message = ["postern/1 challenge", text(random), account, user, device, clientNonce, expiresAt];
  return primitives.hmacSha256(challengeKey, utf8(JSON.stringify(message))).subarray(0, HALF_BYTES);
}

/** Spends a nonce that was answered rightly. Returns false where it was spent before: two answers may come at once. */
export async function spendChallenge(
  db: Db,
  service: Service,
  { serverNonce, expiresAt }: { serverNonce: string; expiresAt: string },
): Promise<boolean> {
  // One of a clock that was ahead is kept until that time comes: its challenge would count again then.
  await db.deleteFrom("spent_challenges").where("expires_at", "<", timestamp(service)).execute();
  const spent = db
    .insertInto("spent_challenges")
    .values({ server_nonce: bytes(serverNonce), expires_at: expiresAt })
    .onConflict((taken) => taken.column("server_nonce").doNothing());
  return changesRow(spent);
}
