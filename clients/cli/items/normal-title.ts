/** Titles are compared as references compare them: without case, and in one form of Unicode. */
export const normalTitle = (title: string): string => title.normalize("NFC").toLowerCase();
