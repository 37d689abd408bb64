// Makes a backup with any sealed content.
import { FORMAT } from "../../clients/account/backup-beginning.ts";
import { createLineWriter, type Line } from "../../clients/account/backup-lines.ts";
import type { CallService } from "../../clients/account/service-client.ts";
import { newUserData, sealUserData } from "../../clients/account/user-data.ts";
import { closeSignedIn, enrol, openKeys } from "../../clients/account/user-keys.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import { formatSecretKey, newSecretKey } from "../../protocol/crypto/secret-key.ts";
import { crypto } from "../account/restored.ts";
import { PASSWORD } from "./person.ts";

export type SealedAs = { account?: unknown; user?: unknown; rows?: readonly object[]; data?: object };

/** A backup with any content, which its own Secret Key and password open. */
export async function sealedBackup({
  account = newId(crypto),
  user = newId(crypto),
  rows = [],
  data = newUserData("Eve"),
}: SealedAs = {}) {
  const who = { account, user, device: newId(crypto), secretKey: newSecretKey(crypto) } as Parameters<typeof enrol>[2];
  let record: unknown;
  const call: CallService = (_name, params) => {
    ({ record } = params as { record: unknown });
    return Promise.resolve({} as never);
  };
  await enrol(crypto, call, { ...who, password: PASSWORD, name: "Eve" });
  const keys = await openKeys(crypto, { ...who, password: PASSWORD, origin: "o", call, record: record as never });
  const writer = createLineWriter(crypto, keys.rootKey);
  const own = { ...keys.record, data: sealUserData(crypto, keys.rootKey, who, 1, data as never) };
  const header = { kind: "header", format: FORMAT, account, user, madeAt: "now", record: own } as unknown as Line;
  const lines = [header, ...rows].map((line) => writer.line(line as never));
  lines.push(writer.seal());
  closeSignedIn(crypto, keys);
  return { bytes: Buffer.from(`${lines.join("\n")}\n`), secretKey: formatSecretKey(crypto, who.secretKey), account };
}
