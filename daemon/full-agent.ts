// The larger part of the agent's process: crypto, the embedded account service, every method. Loaded once the socket is open.
import { lstatSync } from "node:fs";
import { join } from "node:path";
import { EMBEDDED_ORIGIN, type ServiceAddress } from "../clients/account/service-client.ts";
import { PosternError } from "../protocol/errors.ts";
import type { Store } from "../service/store/open.ts";
import { type Agent, type AgentParts, createAgent } from "./agent.ts";
import { withArgon2Queue } from "./host/argon2-queue.ts";
import { giveBackMemory, processorMs, whenQuiet } from "./host/quiet.ts";
import { loadSodium } from "./host/sodium.ts";
import { readAccounts } from "./session/account-file.ts";

export type FullAgentParts = Omit<AgentParts, "crypto" | "embedded"> & {
  /** Collects now what V8 need not keep. */
  readonly free: () => void;
};

/** Builds the agent. Throws StartRefused where the crypto or its locked memory is missing. */
export function loadFullAgent(parts: FullAgentParts): Agent {
  const { home, log, native, clock } = parts;
  const crypto = withArgon2Queue(loadSodium());
  let store: Store | undefined;
  let tidying: NodeJS.Timeout | undefined;
  let address: Promise<ServiceAddress> | undefined;

  /** Refuses to make an empty store for an existing account. It would call each right password wrong. */
  function demandStore(path: string): void {
    const found = lstatSync(path, { throwIfNoEntry: false });
    const isThere = found !== undefined && (!found.isFile() || found.size > 0);
    if (isThere || readAccounts(home).every(({ service }) => service !== "embedded")) return;
    throw new PosternError("fileUnusable", `the store ${path} is empty or gone`, {
      hint: "put it back from a copy; without one, another home (POSTERN_HOME) takes the account's backup",
    });
  }

  async function openEmbedded(): Promise<ServiceAddress> {
    // Loaded when an account first needs it. An agent whose account lives elsewhere never does.
    const [{ createApp, TIDY_MS }, { openStore }] = await Promise.all([
      import("../service/app.ts"),
      import("../service/store/open.ts"),
    ]);
    const path = join(home, "service.sqlite");
    demandStore(path);
    const opened = await openStore(home);
    try {
      const built = await createApp({
        store: opened,
        primitives: crypto,
        origin: EMBEDDED_ORIGIN,
        onUnforeseen: (thrown) => log.incident("service", thrown),
      });
      store = opened;
      const told = (thrown: unknown) => log.incident("tidy", thrown);
      tidying = setInterval(() => void built.tidy().catch(told), TIDY_MS).unref();
      return { origin: EMBEDDED_ORIGIN, fetch: built.fetch };
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  const agent = createAgent({
    ...parts,
    crypto,
    embedded: () => {
      // The failure may pass: a full disk, a damaged file, another service on the store. So the next request tries again.
      address ??= openEmbedded().catch((error: unknown) => {
        address = undefined;
        throw error;
      });
      return address;
    },
  });
  whenQuiet({
    ...{ clock, usedMs: processorMs, failed: (thrown) => log.incident("quiet", thrown) },
    giveBack: () => giveBackMemory(native, parts.free),
  });
  return {
    ...agent,
    close: async () => {
      await agent.close();
      clearInterval(tidying);
      await store?.close();
    },
  };
}
