// Times are texts on the wire.

/** Times as dates, as the official client gives them. */
export function withDates<T extends { createdAt: string; updatedAt: string }>(
  wire: T,
): Omit<T, "createdAt" | "updatedAt"> & { createdAt: Date; updatedAt: Date } {
  return { ...wire, createdAt: new Date(wire.createdAt), updatedAt: new Date(wire.updatedAt) };
}
