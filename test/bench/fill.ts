// Fills a vault for a measurement.
import type { Channel } from "../../clients/typescript/channel.ts";

export type Place = { channel: Channel; vaultId: string };

/** Makes the items of these numbers. Returns items per second. */
export async function fill({ channel, vaultId }: Place, from: number, to: number): Promise<number> {
  const before = performance.now();
  for (let at = from; at < to; at += 100) {
    const items = Array.from({ length: Math.min(100, to - at) }, (_, index) => ({
      vaultId,
      title: `item ${at + index}`,
      category: "Password" as const,
      fields: [{ id: "password", title: "password", fieldType: "Concealed" as const, value: `value of ${at + index}` }],
    }));
    await channel.call("items.createAll", { vaultId, items });
  }
  return (to - from) / ((performance.now() - before) / 1000);
}
