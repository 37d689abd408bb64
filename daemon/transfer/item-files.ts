// Files that came inside a request. The chunks are written first and the version that names them last. A crash in between leaves nothing
// visible.
import { PosternError } from "../../protocol/errors.ts";
import { type ItemCreateParams, itemLimits, TOO_LARGE_FILE } from "../../protocol/item/item.ts";
import { limits } from "../../protocol/limits.ts";
import { type Account, offered } from "../account/account.ts";
import type { AccountItem, ItemContent, Upload, WrittenFile } from "../account/account-item.ts";
import type { Call } from "../call/call.ts";

/** A file of a request: its bytes in base64, or nothing where they came beside the parameters. */
type Inline = { readonly content: string };

/** Makes an item whose files came with the request. */
export async function createWithFiles(
  account: Account,
  params: ItemCreateParams,
  content: ItemContent,
  contents: Call["contents"],
): Promise<AccountItem> {
  const upload = offered(account, "files").uploadToNew(params.vaultId);
  try {
    const written = await Promise.all((params.files ?? []).map((file) => writeInline(upload, file, contents)));
    const files = content.files.map((file, index) => ({
      ...file,
      attributes: attributes(file.attributes.name, written[index]),
    }));
    const { document } = params;
    const named =
      document === undefined
        ? {}
        : { document: attributes(document.name, await writeInline(upload, document, contents)) };
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
export async function writeInline(upload: Upload, inline: Inline, contents: Call["contents"]): Promise<WrittenFile> {
  const content = contents?.get(inline) ?? insideOf(inline);
  if (content.length > itemLimits.fileBytes) throw new PosternError("tooLarge", undefined, { text: TOO_LARGE_FILE });
  const file = upload.write();
  for (let at = 0; ; at += limits.chunkBytes) {
    const chunk = content.subarray(at, at + limits.chunkBytes);
    const final = at + limits.chunkBytes >= content.length;
    await file.push(chunk, final);
    if (final) return file.end();
  }
}

function insideOf({ content }: Inline): Uint8Array {
  const bytes = Uint8Array.fromBase64(content);
  const max = itemLimits.inlineFileBytes;
  if (bytes.length > max)
    throw new PosternError("tooLarge", `an inline file has at most ${max} bytes; use files.openWrite`);
  return bytes;
}
