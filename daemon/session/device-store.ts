// The device store: one sealed file per account with everything that decides about approvals on this device. Its key is derived from the root
// key, so nothing in it counts while the account is locked. It is replaced whole. The user's sealed data at the service repeats its
// counter, so that an old copy is noticed.
import type { ParamsOf } from "../../protocol/catalogue.ts";
import { openText, sealText } from "../../protocol/crypto/envelope.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { Scope } from "../account/scope.ts";
import type { TakenIn } from "../audit/left-reading.ts";
import type { Anchor, Checkpoint } from "../audit/proof.ts";
import { readOurs } from "../host/data-folder.ts";
import { writeFileDurably, writeFileDurablyNow } from "../host/private-files.ts";
import { StartRefused } from "../host/start-refused.ts";
import type { Launch } from "../peer/launch.ts";
import { isNewer, MOVE_IT_AWAY, newerFile, STORE_BYTES_MAX } from "./device-suite.ts";

/** The approval PIN: its verifier (base64), and its wrong tries. */
export type PinState = {
  readonly salt: string;
  readonly verifier: string;
  readonly wrongInRow: number;
  readonly wrongSincePassword: number;
};

/** The choices of the time without use after which an account locks. */
export type IdleLock = ParamsOf<"accounts.setIdleLock">["idleLock"];

/** A yes to every later start of a program. Each scope has an id, by which it is listed and revoked. */
export type ApplicationGrant = {
  readonly launch: Launch;
  /** `words` is the keyed hash of the reference that was allowed. */
  readonly given: readonly { readonly id: string; readonly scope: Scope; readonly words?: string }[];
  readonly wallMs: number;
  readonly bootMs: number;
  /** The boot in which it was given. A terminal session of a later boot could have the same numbers. */
  readonly boot: string;
};

/** An authenticator that may approve. `credential` is its id, as the authenticator made it (base64url); the public key is in COSE's form (base64). */
export type Authenticator = {
  readonly id: string;
  readonly name: string;
  readonly credential: string;
  readonly publicKey: string;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly createdMs: number;
  readonly lastUsedMs?: number;
};

/** A way in which the agent puts a question to the person. */
export type Approver = ParamsOf<"accounts.setApprovers">["approvers"][number];

export type DeviceState = {
  readonly counter: number;
  readonly pin: PinState | undefined;
  /** Wrong PIN tries since the last unlock. The next unlock reports them. */
  readonly wrongPinsToTell: number;
  readonly checkpoints: readonly Checkpoint[];
  readonly anchor: Anchor | undefined;
  /** The places up to which tokens' logs were taken in, by the names of their folders. Missing where no log was read yet. */
  readonly takenIn?: Readonly<Record<string, TakenIn>>;
  /** The time without use after which the account locks. Missing where nobody chose one. */
  readonly idleLock?: IdleLock;
  /** The programs that are known again. Missing where nobody allowed one. */
  readonly applications?: readonly ApplicationGrant[];
  /**
   * The content of policy.json that the person approved. Missing where none was. `isRestored` is set where it came back with an older copy of this store:
   * then it allows nothing.
   */
  readonly policy?: { readonly text: string; readonly isRestored?: true };
  /** The ways in which the agent puts a question to the person, in order. Missing where nobody chose. */
  readonly approvers?: readonly Approver[];
  /** The newest revision of the user's own data that this device has seen. Missing where an older agent wrote the store. */
  readonly userData?: number;
  /** The newest record of the log when no wrong password was counted any more. Missing where an older agent wrote the store. */
  readonly forgivenSeq?: number;
  /** The days for which the log keeps its records. Missing where nobody chose. */
  readonly logDays?: number;
  /** Whether the person knows that this is the default account of several. */
  readonly isDefault?: true;
  /** The authenticators that may approve. Missing where none was ever enrolled. */
  readonly authenticators?: readonly Authenticator[];
};

export type DeviceStore = {
  readonly state: DeviceState;
  /** Changes the state. The promise is fulfilled once it is on disk. Changes are written one after another. */
  change(next: (state: DeviceState) => DeviceState): Promise<void>;
  /** The same for a lock, which must not wait: it is on disk when the function returns, where no other change is being written. */
  changeNow(next: (state: DeviceState) => DeviceState): Promise<void>;
};

type Owner = { readonly account: string; readonly user: string };

export const newDeviceState: DeviceState = {
  counter: 0,
  pin: undefined,
  wrongPinsToTell: 0,
  checkpoints: [],
  anchor: undefined,
};

/** The same state, whose policy may be an older one than the person approved last. What it denies goes on. It allows nothing until it is approved again. */
export function withUnsurePolicy<S extends Pick<DeviceState, "policy">>(state: S): S {
  return state.policy === undefined ? state : { ...state, policy: { ...state.policy, isRestored: true } };
}

/** Opens the file at `path`, or begins a new one where there is none. Throws fileUnusable with its name where it was altered. */
export function openDeviceStore(
  crypto: Primitives,
  key: Uint8Array,
  owner: Owner,
  path: string,
): { store: DeviceStore; found: boolean } {
  const context = { part: "device store", ...owner } as const;
  const envelope = readOrAbsent(path);
  let state =
    envelope === undefined
      ? newDeviceState
      : parse(opened(path, envelope, () => openText(crypto, key, context, envelope)));
  let writing: Promise<void> = Promise.resolve();
  let unwritten = 0;

  /** Applied at once, so that a second change builds on the first. */
  function sealed(next: (state: DeviceState) => DeviceState): Uint8Array {
    state = { ...next(state), counter: state.counter + 1 };
    return sealText(crypto, key, context, JSON.stringify(state));
  }

  /** Written in order. */
  function write(envelope: Uint8Array): Promise<void> {
    unwritten++;
    const written = writing.then(() => writeFileDurably(path, envelope)).finally(() => unwritten--);
    // A failed write fails for its own caller. The next write writes the whole state again.
    writing = written.catch(() => undefined);
    return written;
  }

  const store: DeviceStore = {
    get state() {
      return state;
    },
    change: (next) => write(sealed(next)),
    changeNow: async (next) => {
      const envelope = sealed(next);
      if (unwritten > 0) return write(envelope);
      writeFileDurablyNow(path, envelope);
    },
  };
  return { store, found: envelope !== undefined };
}

/** The file lies on this disk, so the account service has not damaged it. */
function opened(path: string, envelope: Uint8Array, open: () => string): string {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof PosternError) || !["sealBroken", "unknownSuite"].includes(error.name)) throw error;
    if (error.name === "unknownSuite" && isNewer(envelope[0]))
      throw new PosternError("fileUnusable", newerFile(path), {
        hint: `update Postern; where it was never newer here, ${MOVE_IT_AWAY}`,
        cause: error,
      });
    throw new PosternError("fileUnusable", `${path} is damaged`, {
      hint: `put it back from a copy, or ${MOVE_IT_AWAY}`,
      cause: error,
    });
  }
}

function readOrAbsent(path: string): Uint8Array | undefined {
  try {
    return readOurs(path, STORE_BYTES_MAX);
  } catch (error) {
    if (error instanceof StartRefused) throw new PosternError("fileUnusable", error.message, { hint: MOVE_IT_AWAY });
    throw error;
  }
}

function parse(content: string): DeviceState {
  const value = JSON.parse(content) as DeviceState;
  return { ...newDeviceState, ...value };
}
