// The limits of the wire, told to every client in the answer to agent.hello. Each has its reason; each is tested at
// the limit and one past it.

const KiB = 1024;
const MiB = 1024 * KiB;

export const limits = {
  /** Bytes of one line before agent.hello: an unknown peer gets little memory of ours. */
  lineBytesBeforeHello: 64 * KiB,
  /** Bytes of one line after agent.hello: a 1 MiB file chunk in base64, a large item, a batch of references. */
  lineBytes: 4 * MiB,
  /** Bytes of a file in one readChunk or writeChunk: small enough that one chunk delays nobody. */
  chunkBytes: 1 * MiB,
  /** Requests of one batch: as many as one resolveAll may name. */
  batch: 100,
  /** References of one resolveAll and of one prompt: what a person can still look through. */
  references: 100,
  /** Nesting of arrays and objects in one line: our deepest parameter needs 8. */
  depth: 32,
  /** Characters of a request id. */
  idLength: 128,
  /** Requests in flight on one connection. */
  inFlight: 256,
  /** Bytes of one answer: two full pages of a list in one batch, or some twenty of the longest values. Below what closes a connection, so that a long answer is refused and not cut off. */
  answerBytes: 12 * MiB,
  /** Items on one page of a list: most vaults are one page, so that a yes to one call is a yes to the whole list. */
  pageItems: 10_000,
  /** Bytes of the items on one page: ten thousand ordinary ones. What is held for a peer that does not read is counted in pages. */
  pageBytes: 4 * MiB,
  /** Unsent bytes of one connection at which the agent stops reading from it. */
  unsentBytesPause: 1 * MiB,
  /** Unsent bytes of one connection at which the agent closes it: a peer that never reads. */
  unsentBytesClose: 16 * MiB,
  /** Clients open on one connection. */
  clients: 32,
} as const;

/** The version of the wire; compared for equality in agent.hello. Additions do not change it: protocol/README.md says what may be added. */
export const PROTOCOL = 2;

/** The largest protocol number that agent.hello takes: small enough to be repeated in an error. */
export const PROTOCOL_MAX = 65_535;
