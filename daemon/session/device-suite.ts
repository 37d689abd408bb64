// Which Postern wrote the device store: its first byte is the suite that it is sealed under. Apart from what opens it, so that the agent
// looks before it has loaded any crypto.
import { lstatSync } from "node:fs";
import { SUITE } from "../../protocol/crypto/encoding.ts";
import { readOurs } from "../host/data-folder.ts";
import { StartRefused } from "../host/start-refused.ts";

/** Bytes of a device store; ours have a few thousand: a checkpoint for each segment of the log, of about 150 bytes. */
export const STORE_BYTES_MAX = 1024 * 1024;

/** What it costs to do without the file of this device. */
export const MOVE_IT_AWAY =
  "move it out of the way: the account opens without it, and needs a new approval PIN (`postern pin`)";

/** Suites are counted up: a byte up to this one may be a newer Postern's, and a later one is noise. */
const NEWER_SUITES_MAX = 15;

/** Whether the first byte of the file is the suite of a newer Postern. */
export const isNewer = (suite = 0) => suite > SUITE && suite <= NEWER_SUITES_MAX;

/**
 * Throws StartRefused where a newer Postern wrote the file, so that nothing beside it is written by an older one. What else may be
 * wrong with it is told when the account is unlocked.
 */
export function demandKnownSuite(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isFile() !== true || found.size > STORE_BYTES_MAX) return;
  if (isNewer(readOurs(path, STORE_BYTES_MAX)?.[0]))
    throw new StartRefused(newerFile(path), `update Postern; where it was never newer here, ${MOVE_IT_AWAY}`);
}

export const newerFile = (path: string) => `a newer Postern wrote ${path}, or it is damaged`;
