// Masks secrets in a program's output, over the borders of chunks. A courtesy against shoulders and logs, no boundary: a
// program can always print a secret in another form.

/** Secrets shorter than this are not masked: they would blot out half of any output. */
export const MASKED_LENGTH_MIN = 4;

const MASK = "<concealed by postern>";

export type Masker = { push(chunk: string): string; end(): string };

/** Replaces each of the secrets. Text that may be the beginning of one is held back until more comes. */
export function createMasker(secrets: readonly string[]): Masker {
  const masked = [...new Set(secrets.flatMap(formsOf))]
    .filter((secret) => secret.length >= MASKED_LENGTH_MIN)
    .sort((a, b) => b.length - a.length);
  let held = "";

  function replace(text: string): string {
    return masked.reduce((left, secret) => left.replaceAll(secret, MASK), text);
  }

  /** The length of the longest end of `text` that begins a secret. */
  function openEnd(text: string): number {
    const longest = Math.min(text.length, (masked[0]?.length ?? 1) - 1);
    for (let size = longest; size > 0; size--) {
      const end = text.slice(-size);
      if (masked.some((secret) => secret.length > size && secret.startsWith(end))) return size;
    }
    return 0;
  }

  return {
    push: (chunk) => {
      const text = replace(held + chunk);
      const open = openEnd(text);
      held = open === 0 ? "" : text.slice(-open);
      return open === 0 ? text : text.slice(0, -open);
    },
    end: () => {
      const text = held;
      held = "";
      return text;
    },
  };
}

/** A terminal turns LF into CR LF, so a secret of several lines comes out in another form. */
function formsOf(secret: string): string[] {
  return secret.includes("\n") ? [secret, secret.replaceAll("\n", "\r\n")] : [secret];
}
