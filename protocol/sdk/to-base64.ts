// Bytes as the official clients send them, in the form that our methods take.
import type { SdkBytes } from "./shapes.ts";

export const base64 = (content: SdkBytes): string =>
  typeof content === "string" ? content : Uint8Array.from(content).toBase64();
