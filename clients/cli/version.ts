// The CLI's version; the package's is the same, and a test holds them together.

export const VERSION = "0.1.0";
