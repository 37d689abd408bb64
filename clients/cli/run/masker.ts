// Conceals secrets in a stream of bytes, across the borders of chunks. The search is that of Wu and Manber ("A fast algorithm for
// multi-pattern searching", 1994). The two bytes at the end of a window say how far the window may move. So the search skips most
// bytes of an output.

const MASK = Buffer.from("<concealed by postern>");

export type Masker = {
  /** Returns the bytes that may be shown so far. The beginning of a form is held back. The result may share memory with `chunk`. */
  push(chunk: Uint8Array): Uint8Array;
  /** Returns the held-back bytes, since nothing more came. */
  end(): Uint8Array;
  /** Whether bytes are held back. */
  readonly holds: boolean;
};

/** The finding at a place: a whole form, the beginning of a form whose end has not come yet, both, or neither. */
type Found = { readonly length: number; readonly begins: boolean };

/** Conceals the forms, each of two bytes or more. Where forms overlap, all covered bytes are concealed. */
export function createMasker(forms: readonly Uint8Array[]): Masker {
  const search = createSearch(forms);
  let held: Uint8Array = Buffer.alloc(0);

  function scan(bytes: Uint8Array, isEnd: boolean): Uint8Array {
    const shown: Uint8Array[] = [];
    let from = 0;
    held = bytes.subarray(bytes.length);
    for (let at = search.next(bytes, 0); at < bytes.length; ) {
      const { length, begins } = reach(bytes, at);
      if (begins && !isEnd) {
        // A copy, since the chunk's memory is used for the next chunk.
        held = Buffer.from(bytes.subarray(at));
        shown.push(bytes.subarray(from, at));
        return joined(shown);
      }
      if (length > 0) {
        shown.push(bytes.subarray(from, at), MASK);
        from = at + length;
      }
      at = search.next(bytes, at + Math.max(1, length));
    }
    shown.push(bytes.subarray(from));
    return joined(shown);
  }

  /** The end of a finding, extended by every form that begins inside it. */
  function reach(bytes: Uint8Array, at: number): Found {
    let { length, begins } = search.look(bytes, at);
    for (let inner = search.next(bytes, at + 1); inner < at + length; inner = search.next(bytes, inner + 1)) {
      const found = search.look(bytes, inner);
      length = Math.max(length, inner - at + found.length);
      begins ||= found.begins;
    }
    return { length, begins };
  }

  return {
    push: (chunk) => scan(held.length === 0 ? chunk : Buffer.concat([held, chunk]), false),
    end: () => scan(held, true),
    get holds() {
      return held.length > 0;
    },
  };
}

const joined = (parts: readonly Uint8Array[]): Uint8Array =>
  parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts);

type Search = {
  /** The next place from `at` on where a form may begin. The length of `bytes` where there is none. */
  next(bytes: Uint8Array, at: number): number;
  look(bytes: Uint8Array, at: number): Found;
};

/** Bytes of the longest window. A longer one moves further, but hardly speeds up the search of any output. */
const WINDOW_MAX = 16;

function createSearch(forms: readonly Uint8Array[]): Search {
  const window = Math.min(WINDOW_MAX, ...forms.map((form) => form.length));
  const shifts = new Uint8Array(65536).fill(Math.max(1, window - 1));
  for (const form of forms)
    for (let end = 1; end < window; end++) {
      const block = ((form[end - 1] ?? 0) << 8) | (form[end] ?? 0);
      shifts[block] = Math.min(shifts[block] ?? 0, window - 1 - end);
    }
  const byStart = new Map<number, Uint8Array[]>();
  for (const form of [...forms].sort((a, b) => b.length - a.length)) {
    const start = form[0] ?? 0;
    byStart.set(start, [...(byStart.get(start) ?? []), form]);
  }

  return {
    next: (bytes, from) => {
      if (forms.length === 0) return bytes.length;
      let at = from;
      while (at + window <= bytes.length) {
        const end = at + window - 1;
        const shift = shifts[((bytes[end - 1] ?? 0) << 8) | (bytes[end] ?? 0)] ?? 1;
        if (shift === 0) return at;
        at += shift;
      }
      // Fewer bytes than a window are left. Each of them may begin a form.
      return Math.min(at, bytes.length);
    },
    look: (bytes, at) => {
      let begins = false;
      // The longest forms come first. So the first whole form is the longest, and an unfinished one before it may still grow longer.
      for (const form of byStart.get(bytes[at] ?? 0) ?? []) {
        const size = Math.min(form.length, bytes.length - at);
        if (!equal(form, bytes, at, size)) continue;
        if (size === form.length) return { length: size, begins };
        begins = true;
      }
      return { length: 0, begins };
    },
  };
}

function equal(form: Uint8Array, bytes: Uint8Array, at: number, size: number): boolean {
  for (let index = 0; index < size; index++) if (form[index] !== bytes[at + index]) return false;
  return true;
}
