/** The form in which titles are compared, as in references: without case, and in one form of Unicode. */
export const normalTitle = (title: string): string => title.normalize("NFC").toLowerCase();
