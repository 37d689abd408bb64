// Ids in the form that every account uses.
import { randomBytes } from "node:crypto";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

export const memoryId = (): string => [...randomBytes(26)].map((byte) => ALPHABET[byte % 32]).join("");
