// A share as the page knows it: asked about, opened with a view of its own, its files fetched. The keys stay in here.
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
  /** Whether it can be opened, and what of it is no secret; spends nothing. */
  state(): Promise<{ oneTime: boolean; expiresAt: string }>;
  /** Spends a view and opens the copy. Called again after a lost answer it spends no second one. */
  open(): Promise<ShareContent>;
  /** A file of the opened copy; `progress` is told what part of it is there. Throws sealBroken for one that was altered. */
  download(file: SharedFile, progress: (part: number) => void): Promise<Blob>;
};

/** The share that an address leads to; undefined when its link is not whole. */
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
      // Any other type could be shown, and run, by the browser instead of being saved.
      return new Blob(parts, { type: "application/octet-stream" });
    },
  };
}

/** Whoever has the secret has sealed it, but not every such program is ours. */
function contentOf(opened: Uint8Array): ShareContent {
  const content: unknown = JSON.parse(new TextDecoder().decode(opened));
  if (!Check(ShareContent, content)) throw new PosternError("sealBroken", "the shared item's shape");
  return content;
}
