// Files that came inside a request. The chunks are written first and the version that names them last. A crash in between leaves nothing
// visible.
import { PosternError } from "../../protocol/errors.ts";
import { type ItemCreateParams, itemLimits } from "../../protocol/item/item.ts";
import { limits } from "../../protocol/limits.ts";
import { type Account, offered } from "../account/account.ts";
import type { AccountItem, ItemContent, Upload, WrittenFile } from "../account/account-item.ts";

/** Makes an item whose files came inside the request. */
export async function createWithFiles(
  account: Account,
  params: ItemCreateParams,
  content: ItemContent,
): Promise<AccountItem> {
  const upload = offered(account, "files").uploadToNew(params.vaultId);
  try {
    const written = await Promise.all((params.files ?? []).map((file) => writeInline(upload, file.content)));
    const files = content.files.map((file, index) => ({
      ...file,
      attributes: attributes(file.attributes.name, written[index]),
    }));
    const { document } = params;
    const named =
      document === undefined
        ? {}
        : { document: attributes(document.name, await writeInline(upload, document.content)) };
    return await account.createItem(params.vaultId, { ...content, files, ...named }, upload);
  } finally {
    upload.close();
  }
}

function attributes(name: string, written: WrittenFile | undefined) {
  if (written === undefined) throw new Error("a file that was not written");
  return { name, ...written };
}

/** Writes a file that came in one piece. Throws tooLarge. */
export async function writeInline(upload: Upload, base64: string): Promise<WrittenFile> {
  const content = Uint8Array.fromBase64(base64);
  if (content.length > itemLimits.inlineFileBytes)
    throw new PosternError(
      "tooLarge",
      `an inline file has at most ${itemLimits.inlineFileBytes} bytes; use files.openWrite`,
    );
  const file = upload.write();
  for (let at = 0; ; at += limits.chunkBytes) {
    const chunk = content.subarray(at, at + limits.chunkBytes);
    const final = at + limits.chunkBytes >= content.length;
    await file.push(chunk, final);
    if (final) return file.end();
  }
}
