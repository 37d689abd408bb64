// The cost of single parts: an unlock, a check of grants, an identification of a peer.
import type { Channel } from "../../clients/typescript/channel.ts";
import { createGrants } from "../../daemon/approval/grants.ts";
import { systemClock } from "../../daemon/host/clock.ts";
import { loadNative } from "../../daemon/host/native.ts";
import { loadSodium } from "../../daemon/host/sodium.ts";
import { factsOf, isStill } from "../../daemon/peer/process-facts.ts";
import { deriveUserKeys } from "../../protocol/crypto/derivation.ts";
import { PASSWORD } from "../agent/person.ts";
import { subject } from "../daemon/peer/subjects.ts";
import { perCall, repeat, row, shown } from "./figures.ts";

export async function partFigures(channel: Channel): Promise<void> {
  const crypto = loadSodium();
  const secretKey = crypto.randomBytes(16);
  const derivation = await repeat(async () => {
    const before = performance.now();
    await deriveUserKeys(crypto, { password: PASSWORD, secretKey, account: "a", user: "u" });
    return performance.now() - before;
  });
  const unlock = await repeat(async () => {
    await channel.call("session.lock", {});
    const before = performance.now();
    await channel.call("session.unlock", { password: PASSWORD });
    return performance.now() - before;
  });
  row("unlock", shown(unlock, "ms"));
  row("of it Argon2id and HKDF", shown(derivation, "ms"));
  const grants = createGrants(systemClock(loadNative().bootMs), () => "id");
  for (const count of [1, 100]) {
    for (let index = grants.list().length; index < count; index++)
      grants.add(
        subject("app"),
        "read",
        { account: "a", level: "values", vault: `v${index}` },
        {
          idleMs: 600_000,
          ageMs: 600_000,
        },
      );
    const wanted = { account: "a", level: "values", vault: `v${count - 1}` } as const;
    row(
      `grant check, the last of ${count}`,
      shown(await repeat(() => perCall(20_000, () => grants.allows(subject("app"), "read", wanted))), "µs", 2),
    );
  }
  const facts = factsOf(process.pid);
  if (facts !== undefined)
    row("peer looked at anew", shown(await repeat(() => perCall(2000, () => isStill(facts))), "µs", 1));
  row("peer's facts read", shown(await repeat(() => perCall(500, () => factsOf(process.pid))), "µs", 1));
}
