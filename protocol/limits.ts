// The limits of the wire. The answer to agent.hello tells them to every client. Each has its reason. Each is tested at the limit
// and one past it.

const KiB = 1024;
const MiB = 1024 * KiB;

export const limits = {
  /** Bytes of one line before agent.hello. An unknown peer gets little of the agent's memory. */
  lineBytesBeforeHello: 64 * KiB,
  /** Bytes of one line after agent.hello: a 1 MiB file chunk in base64, a large item, a batch of references. */
  lineBytes: 4 * MiB,
  /** Bytes of one line of the official SDKs' door, request or answer. Their clients send a file in one piece, as a list of numbers and then in base64. */
  sdkLineBytes: 72 * MiB,
  /** Bytes of a file in one readChunk or writeChunk. One chunk of this size delays no other request. */
  chunkBytes: 1 * MiB,
  /** Requests of one batch: as many as one resolveAll may name. */
  batch: 100,
  /** References of one resolveAll and of one prompt. A person can still look through so many. */
  references: 100,
  /** Nesting of arrays and objects in one line: our deepest parameter needs 8. */
  depth: 32,
  /** Characters of a request id. */
  idLength: 128,
  /** Requests in flight on one connection. */
  inFlight: 256,
  /** Bytes of one answer: two full pages of a list in one batch, or some twenty of the longest values. It is less than `unsentBytesMax`, so a long answer is refused and not cut off. */
  answerBytes: 12 * MiB,
  /** Items on one page of a list. Most vaults fit on one page, so a yes to one call is a yes to the whole list. */
  pageItems: 10_000,
  /** Bytes of the items on one page: ten thousand ordinary ones. A peer that does not read makes the agent hold whole pages. */
  pageBytes: 4 * MiB,
  /** Unsent bytes of one connection at which the agent stops reading from it. */
  unsentBytesPause: 1 * MiB,
  /** Unsent bytes of one connection at which the agent closes it: the peer never reads. */
  unsentBytesClose: 16 * MiB,
  /** Clients open on one connection. */
  clients: 32,
  /** Watched values of one program: as many as one prompt may ask for. After a change of its item each costs a read. */
  watches: 100,
} as const;

/** The version of the wire. agent.hello compares it for equality. Additions do not change it; protocol/README.md lists them. */
export const PROTOCOL = 2;

/** The largest protocol number that agent.hello takes. An error can repeat a number of this size. */
export const PROTOCOL_MAX = 65_535;
