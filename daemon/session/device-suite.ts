// Finds the version of Postern that wrote the device store: the first byte is the suite of its seal. This is separate from opening the store, so
// that the agent can check it before any crypto is loaded.
import { lstatSync } from "node:fs";
import { SUITE } from "../../protocol/crypto/encoding.ts";
import { readOurs } from "../host/data-folder.ts";
import { StartRefused } from "../host/start-refused.ts";

/** Bytes of a device store. Usual ones have a few thousand: a checkpoint of about 150 bytes for each segment of the log. */
export const STORE_BYTES_MAX = 1024 * 1024;

/** The price of removing this device's file, for the message. */
export const MOVE_IT_AWAY =
  "move it out of the way: the account opens without it, and needs a new approval PIN (`postern pin`)";

/** Suites are numbered. A byte up to this one may come from a newer Postern. A higher byte is noise. */
const NEWER_SUITES_MAX = 15;

/** Whether the first byte of the file is the suite of a newer Postern. */
export const isNewer = (suite = 0) => suite > SUITE && suite <= NEWER_SUITES_MAX;

/**
 * Throws StartRefused where a newer Postern wrote the file, so that an older one writes nothing beside it. Any other fault of the file is
 * reported at unlock.
 */
export function demandKnownSuite(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isFile() !== true || found.size > STORE_BYTES_MAX) return;
  if (isNewer(readOurs(path, STORE_BYTES_MAX)?.[0]))
    throw new StartRefused(newerFile(path), `update Postern; where it was never newer here, ${MOVE_IT_AWAY}`);
}

export const newerFile = (path: string) => `a newer Postern wrote ${path}, or it is damaged`;
