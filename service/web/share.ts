// A share in the page: it asks about the share, opens it with a view of its own, and fetches its files. The keys stay in here.
import { Check } from "typebox/value";
import { fromBase64, isId, newId, toBase64 } from "../../protocol/crypto/encoding.ts";
import { openFile } from "../../protocol/crypto/file.ts";
import type { OpeningPrimitives } from "../../protocol/crypto/primitives.ts";
import { openShare, secretOf, shareKeys, sharePlace } from "../../protocol/crypto/share.ts";
import { PosternError } from "../../protocol/errors.ts";
import { ShareContent } from "../../protocol/item/item-share.ts";
import { call } from "./service.ts";

export type SharedFile = ShareContent["files"][number];

export type Share = {
  /** Says whether the share can be opened, and its public facts. Spends nothing. */
  state(): Promise<{ oneTime: boolean; expiresAt: string }>;
  /** Spends a view and opens the copy. A second call, after a lost answer, spends no second view. */
  open(): Promise<ShareContent>;
  /** Fetches a file of the opened copy. `progress` gets the part that has arrived, 0 to 1. Throws sealBroken for an altered file. */
  download(file: SharedFile, progress: (part: number) => void): Promise<Blob>;
};

/** The share of an address. Undefined when the link is not whole. */
export function shareAt(crypto: OpeningPrimitives, address: { pathname: string; hash: string }): Share | undefined {
  const share = address.pathname.split("/").at(-1) ?? "";
  const secret = secretOf(address.hash);
  if (!isId(share) || secret === undefined) return undefined;
  const { accessKey, contentKey } = shareKeys(crypto, secret);
  crypto.wipe(secret);
  const link = { share, accessKey: toBase64(accessKey) };
  const view = newId(crypto);

  return {
    state: () => call("shares.state", link),
    open: async () => {
      const { sealed } = await call("shares.open", { ...link, view });
      return contentOf(openShare(crypto, share, contentKey, String(sealed)));
    },
    download: async (file, progress) => {
      const { id, chunks } = file.header;
      const stream = openFile(crypto, { place: sharePlace(share), header: file.header, itemKey: contentKey });
      const parts: Uint8Array<ArrayBuffer>[] = [];
      for (let index = 0; index < chunks; index++) {
        const { sealed } = await call("shares.getChunk", { ...link, view, file: id, index });
        const { chunk } = stream.pull(fromBase64(String(sealed)) ?? new Uint8Array());
        parts.push(new Uint8Array(chunk));
        progress((index + 1) / chunks);
      }
      // The browser could show, and run, a file of any other type instead of saving it.
      return new Blob(parts, { type: "application/octet-stream" });
    },
  };
}

/** Checks the opened content. Some program with the secret has sealed it, and that program may not be ours. */
function contentOf(opened: Uint8Array): ShareContent {
  const content: unknown = JSON.parse(new TextDecoder().decode(opened));
  if (!Check(ShareContent, content)) throw new PosternError("sealBroken", "the shared item's shape");
  return content;
}
