// A new item with files: the chunks are written first, the revision that names them last, so that a crash in between
// leaves nothing anyone sees.
import type { OpenedItem } from "../../clients/account/item-rows.ts";
import type { OpenAccount } from "../../clients/account/open-account.ts";
import { FILE_CHUNK_BYTES } from "../../protocol/crypto/file.ts";
import type { FileHeader } from "../../protocol/crypto/item.ts";
import { PosternError } from "../../protocol/errors.ts";
import {
  type DetailsContent,
  type ItemCreateParams,
  itemLimits,
  type OverviewContent,
} from "../../protocol/item/item.ts";

type Parts = { readonly overview: OverviewContent; readonly details: DetailsContent };

/** Makes an item whose files came inline in the request. */
export async function createWithFiles(
  account: OpenAccount,
  id: string,
  params: ItemCreateParams,
  parts: Parts,
): Promise<OpenedItem> {
  const itemKey = account.newItemKey();
  const place = { vault: params.vaultId, item: id };
  const files = await Promise.all(
    (params.files ?? []).map((file) => writeInline(account, place, itemKey, file.content)),
  );
  const document =
    params.document === undefined ? undefined : await writeInline(account, place, itemKey, params.document.content);
  const details: DetailsContent = {
    ...parts.details,
    files: parts.details.files.map((file, index) => ({
      ...file,
      attributes: attributes(file.attributes.name, files[index]),
    })),
    ...(document === undefined || params.document === undefined
      ? {}
      : { document: attributes(params.document.name, document) }),
  };
  return account.createItem(params.vaultId, parts.overview, details, {
    id,
    itemKey,
    files: [...files, ...(document === undefined ? [] : [document])],
  });
}

function attributes(name: string, header: FileHeader | undefined) {
  if (header === undefined) throw new Error("a file without a header");
  return { name, id: header.id, size: header.size };
}

/** Writes a file that came in one piece; answers the header that a revision names. Throws tooLarge. */
export async function writeInline(
  account: OpenAccount,
  place: { vault: string; item: string },
  itemKey: Uint8Array,
  base64: string,
): Promise<FileHeader> {
  const content = Uint8Array.fromBase64(base64);
  if (content.length > itemLimits.inlineFileBytes)
    throw new PosternError(
      "tooLarge",
      `an inline file has at most ${itemLimits.inlineFileBytes} bytes; use files.openWrite`,
    );
  const stream = account.writeFile(place, itemKey);
  for (let at = 0; ; at += FILE_CHUNK_BYTES) {
    const chunk = content.subarray(at, at + FILE_CHUNK_BYTES);
    const final = at + FILE_CHUNK_BYTES >= content.length;
    await stream.push(chunk, final);
    if (final) return stream.end();
  }
}
