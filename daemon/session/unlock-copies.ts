// Writes the copies of the root key, which authenticators open, into the account file. One change at a time, and in turn with tries of the password, which
// write the same file.
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import { type AccountFile, writeAccount } from "./account-file.ts";
import { authenticatorsOf } from "./authenticators.ts";
import { type PrfOf, withCopiesOf, withCopy, withSeed } from "./key-unlock.ts";
import type { Session, UnlockedSession } from "./session.ts";
import type { Unlocked } from "./unlocked.ts";

export type UnlockCopies = {
  /** Wraps the root key for an enrolled authenticator. Throws locked, and proofRefused where it was removed meanwhile. */
  add(session: UnlockedSession, given: PrfOf & { readonly salt: string }): Promise<void>;
  /** Deletes the copies of authenticators that are not enrolled. Throws locked. */
  tidy(session: UnlockedSession): Promise<void>;
  /** Seals the sign-in seed anew after a change of the password. Throws locked. */
  renewSeed(session: UnlockedSession): Promise<void>;
};

type Parts = {
  readonly home: string;
  readonly crypto: Primitives;
  /** Throws signedOut where the account was removed from this agent meanwhile. */
  readonly demandHere: (session: Session) => void;
};

export function createUnlockCopies({ home, crypto, demandHere }: Parts): UnlockCopies {
  const change = (session: Session, next: (unlocked: Unlocked) => AccountFile) =>
    session.inTurn(async () => {
      demandHere(session);
      if (session.unlocked === undefined) throw new PosternError("locked");
      const file = next(session.unlocked);
      if (file === session.file) return;
      await writeAccount(home, file);
      demandHere(session);
      session.file = file;
    });
  return {
    add: (session, given) =>
      change(session, (unlocked) => {
        const enrolled = authenticatorsOf(unlocked.store.state).find((one) => one.credential === given.credential);
        if (enrolled === undefined) throw new PosternError("proofRefused", "this authenticator is not enrolled");
        return withCopy(crypto, session.file, unlocked, { ...given, publicKey: enrolled.publicKey });
      }),
    tidy: (session) => change(session, ({ store }) => withCopiesOf(session.file, store.state)),
    renewSeed: (session) => change(session, (unlocked) => withSeed(crypto, session.file, unlocked)),
  };
}
