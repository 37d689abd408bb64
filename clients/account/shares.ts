// Shares of an unlocked account. A share is a copy of an item, sealed under keys of a new secret. The secret is in the link only.
import { newId, toBase64, utf8 } from "../../protocol/crypto/encoding.ts";
import { sealFile } from "../../protocol/crypto/file.ts";
import type { FileHeader } from "../../protocol/crypto/item.ts";
import type { Primitives } from "../../protocol/crypto/primitives.ts";
import {
  accessKeyHash,
  SHARE_SECRET_BYTES,
  sealShare,
  shareKeys,
  shareLink,
  sharePlace,
} from "../../protocol/crypto/share.ts";
import { PosternError } from "../../protocol/errors.ts";
import {
  type ItemShareDuration,
  type ShareContent,
  shareDurations,
  sharePolicy,
} from "../../protocol/item/item-share.ts";
import { type OperationResult, serviceLimits } from "../../protocol/service-catalogue.ts";
import type { AccountCore } from "./account-core.ts";
import type { OpenedItem } from "./item-rows.ts";
import { addressOf, EMBEDDED_ORIGIN } from "./service-client.ts";
import type { ServiceSession } from "./service-session.ts";

/** A share in the view of its maker. */
export type ShareEntry = OperationResult<"shares.list">["shares"][number];

export type NewShare = { readonly share: string; readonly url: string; readonly expiresAt: string };

export type HowShared = {
  readonly expireAfter: ItemShareDuration;
  readonly oneTime: boolean;
  /** The name of the account. The page shows it with the item. */
  readonly sender?: string;
  /** The address that a person confirmed for the link. Without it links lead to the service's own address only. */
  readonly linkAddress?: string;
};

/**
 * Milliseconds that the end of a share may lie off the asked one by this device's clock: what a request takes, and clocks that
 * differ. Less than half of the shortest duration, so an end of another duration is always noticed.
 */
export const END_OFF_MS = 20 * 60_000;

export type Shares = {
  /** The address of links. Throws sharingUnavailable where the service has no public address. */
  publicAddress(): Promise<string>;
  /** Shares the item as it is now. Only the link has the secret. Throws tooLarge, sharingUnavailable. */
  create(item: OpenedItem, how: HowShared): Promise<NewShare>;
  list(): Promise<ShareEntry[]>;
  /** Throws shareNotFound. */
  revoke(share: string): Promise<void>;
};

export type SharesParts = {
  readonly crypto: Primitives;
  readonly session: Pick<ServiceSession, "call" | "origin">;
  readonly readFile: AccountCore["readFile"];
  /** This device's clock. */
  readonly now: () => number;
};

export function createShares({ crypto, session, readFile, now }: SharesParts): Shares {
  async function publicAddress(): Promise<string> {
    const { publicAddress: address } = await session.call("service.info", {});
    if (address === undefined) throw new PosternError("sharingUnavailable");
    try {
      return addressOf(address).origin;
    } catch (error) {
      // People send the link on, and it must not lead over an unencrypted connection.
      throw new PosternError("serviceRefused", "its public address is neither https nor loopback", { cause: error });
    }
  }

  /**
   * The address of a new link. The link carries the secret, so the service does not choose where it leads: to the service itself, or to
   * the address that a person has confirmed.
   */
  async function addressOfLink(confirmed: string | undefined): Promise<string> {
    const address = await publicAddress();
    // The embedded service is a part of this agent: its address is the agent's own word.
    const own = session.origin === EMBEDDED_ORIGIN ? address : session.origin;
    const may = confirmed === undefined ? own : addressOf(confirmed).origin;
    if (address === may) return address;
    throw new PosternError("serviceRefused", `its links would lead to ${address}, and not to ${may}`, {
      hint: `if ${address} is where you want your readers to go, say so: \`postern share create … --link-address ${address}\``,
    });
  }

  /** Seals a file again, chunk by chunk, under a key and an id of the share. */
  async function copyFile(
    item: OpenedItem,
    header: FileHeader,
    to: { share: string; contentKey: Uint8Array },
  ): Promise<FileHeader> {
    const { share, contentKey } = to;
    const file = newId(crypto);
    const source = readFile(item, header);
    const copy = sealFile(crypto, { place: sharePlace(share), file, itemKey: contentKey });
    for (let index = 0; ; index++) {
      const { chunk, final } = await source.next();
      const sealed = toBase64(copy.push(chunk, final));
      crypto.wipe(chunk);
      await session.call("shares.putChunk", { share, vault: item.vault, file, index, sealed });
      if (final) return copy.end();
    }
  }

  async function copyFiles(
    item: OpenedItem,
    to: { share: string; contentKey: Uint8Array },
  ): Promise<ShareContent["files"]> {
    const copies: ShareContent["files"] = [];
    for (const { name, sectionId, header } of filesOf(item))
      copies.push({ name, sectionId, header: await copyFile(item, header, to) });
    return copies;
  }

  async function create(item: OpenedItem, { sender, linkAddress, ...how }: HowShared) {
    const address = await addressOfLink(linkAddress);
    demandSmall(item);
    const share = newId(crypto);
    const secret = crypto.randomBytes(SHARE_SECRET_BYTES);
    const { accessKey, contentKey } = shareKeys(crypto, secret);
    try {
      const files = await copyFiles(item, { share, contentKey });
      const content = utf8(JSON.stringify(contentOf(item, files, sender)));
      const sealed = sealShare(crypto, share, contentKey, content);
      crypto.wipe(content);
      if (sealed.length > serviceLimits.sealedShare)
        throw new PosternError("tooLarge", "the item is too large to share");
      const told = await session.call("shares.create", {
        share,
        vault: item.vault,
        item: item.id,
        accessKeyHash: toBase64(accessKeyHash(crypto, share, accessKey)),
        ...how,
        sealed,
        files: files.map(({ header }) => ({ file: header.id, chunks: header.chunks })),
      });
      if (!endsAsAsked(told, how.expireAfter, now())) {
        await session.call("shares.revoke", { share });
        throw new PosternError("serviceRefused", "it names another end of the share than was asked for");
      }
      return { share, url: shareLink(address, share, secret), expiresAt: told.expiresAt };
    } finally {
      crypto.wipe(secret, accessKey, contentKey);
    }
  }

  return {
    publicAddress,
    create,
    list: async () => (await session.call("shares.list", {})).shares,
    revoke: async (share) => void (await session.call("shares.revoke", { share })),
  };
}

/** Whether a new share ends when it was asked to, by the service's own times and by this device's clock. */
function endsAsAsked(told: { createdAt: string; expiresAt: string }, asked: ItemShareDuration, nowMs: number): boolean {
  const lasts = Date.parse(told.expiresAt) - Date.parse(told.createdAt);
  const off = Date.parse(told.expiresAt) - (nowMs + shareDurations[asked]);
  return lasts === shareDurations[asked] && Math.abs(off) <= END_OFF_MS;
}

/** The files of an item, its document among them, with the facts that the page shows. */
function filesOf({ details, files }: OpenedItem): { name: string; sectionId: string; header: FileHeader }[] {
  const named = [
    ...details.files.map(({ attributes, sectionId }) => ({ ...attributes, sectionId })),
    ...(details.document === undefined ? [] : [{ ...details.document, sectionId: "" }]),
  ];
  return named.map(({ id, name, sectionId }) => {
    const header = files.find((one) => one.id === id);
    if (header === undefined) throw new PosternError("sealBroken", "the item names a file that it does not have");
    return { name, sectionId, header };
  });
}

/** Checks the sizes before anything is sealed or sent. The service would refuse them only at the end. */
function demandSmall({ files }: OpenedItem): void {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  if (size > sharePolicy.files.maxSize)
    throw new PosternError(
      "tooLarge",
      `the files of a shared item have at most ${sharePolicy.files.maxSize} bytes together`,
    );
}

function contentOf(
  { overview, details }: OpenedItem,
  files: ShareContent["files"],
  sender: string | undefined,
): ShareContent {
  const { title, category, websites } = overview;
  const { sections, notes } = details;
  // A reference to another item is useless to a reader who has only this one.
  const fields = details.fields.filter(({ fieldType }) => fieldType !== "Reference");
  return { title, category, websites, fields, sections, notes, files, ...(sender === undefined ? {} : { sender }) };
}
