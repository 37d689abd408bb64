// Ids as every account has them.
import { randomBytes } from "node:crypto";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

export const memoryId = (): string => [...randomBytes(26)].map((byte) => ALPHABET[byte % 32]).join("");
