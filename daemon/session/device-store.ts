// The device store: one sealed file per account with what decides about approvals on this device. Sealed under a key
// derived from the root key, so locked nothing in it counts; replaced whole; with a counter that the user's sealed data
// at the service repeats, so that an old copy put back is noticed.
import { open, seal } from "../../protocol/crypto/envelope.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { TakenIn } from "../audit/left-reading.ts";
import type { Anchor, Checkpoint } from "../audit/proof.ts";
import { readOurs } from "../host/data-folder.ts";
import { writeFileDurably } from "../host/private-files.ts";
import { StartRefused } from "../host/start-refused.ts";
import { isNewer, MOVE_IT_AWAY, newerFile, STORE_BYTES_MAX } from "./device-suite.ts";

/** The approval PIN: what it is checked against (base64), and its wrong tries. */
export type PinState = {
  readonly salt: string;
  readonly verifier: string;
  readonly wrongInRow: number;
  readonly wrongSincePassword: number;
};

export type DeviceState = {
  readonly counter: number;
  readonly pin: PinState | undefined;
  /** Wrong PIN tries since the last unlock, told at the next. */
  readonly wrongPinsToTell: number;
  readonly checkpoints: readonly Checkpoint[];
  readonly anchor: Anchor | undefined;
  /** How far the logs of tokens were taken in, by the names of their folders; missing where nobody looked yet. */
  readonly takenIn?: Readonly<Record<string, TakenIn>>;
};

export type DeviceStore = {
  readonly state: DeviceState;
  /** Changes the state; the promise is fulfilled once it is on disk. Changes are written one after another. */
  change(next: (state: DeviceState) => DeviceState): Promise<void>;
};

type Owner = { readonly account: string; readonly user: string };

export const newDeviceState: DeviceState = {
  counter: 0,
  pin: undefined,
  wrongPinsToTell: 0,
  checkpoints: [],
  anchor: undefined,
};

/** Opens the file at `path`, or starts a new one where there is none. Throws fileUnusable, with its name, when it was altered. */
export function openDeviceStore(
  crypto: Primitives,
  key: Uint8Array,
  owner: Owner,
  path: string,
): { store: DeviceStore; found: boolean } {
  const context = { part: "device store", ...owner } as const;
  const envelope = readOrAbsent(path);
  let state =
    envelope === undefined ? newDeviceState : parse(opened(path, envelope, () => open(crypto, key, context, envelope)));
  let writing: Promise<void> = Promise.resolve();

  function change(next: (state: DeviceState) => DeviceState): Promise<void> {
    // Applied at once, so that a second change builds on the first; written in order.
    state = { ...next(state), counter: state.counter + 1 };
    const envelope = seal(crypto, key, context, new TextEncoder().encode(JSON.stringify(state)));
    const written = writing.then(() => writeFileDurably(path, envelope));
    // A failed write is told to its own caller; the next one writes the whole state again.
    writing = written.catch(() => undefined);
    return written;
  }

  const store: DeviceStore = {
    get state() {
      return state;
    },
    change,
  };
  return { store, found: envelope !== undefined };
}

/** It lies on this disk, so what is wrong with it is not the account service's doing. */
function opened(path: string, envelope: Uint8Array, open: () => Uint8Array): Uint8Array {
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

function parse(content: Uint8Array): DeviceState {
  const value = JSON.parse(new TextDecoder().decode(content)) as DeviceState;
  return { ...newDeviceState, ...value };
}
