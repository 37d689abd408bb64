// Bytes on the wire. Node 18 cannot encode them by itself.
import type { SdkBytes } from "./sdk-loose.ts";

export function base64(content: SdkBytes): string {
  if (typeof content === "string") return content;
  const bytes = content instanceof Uint8Array ? content : Uint8Array.from(content);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
