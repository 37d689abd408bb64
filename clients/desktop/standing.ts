// How the agent stands, and what this page may see of it. A page sees the whole lists once a person has allowed it to manage; that is a grant like
// any other, and it ends like one. So nothing here asks the agent by the clock: a page that is looked at by nobody must not keep its grant alive.
import type { AgentStatus, Grant } from "../typescript/generated.ts";
import { AgentError, ConnectionLost, SessionEnded } from "./agent-error.ts";
import type { Channel } from "./channel.ts";
import type { Prompt } from "./prompt.ts";

export type Stands = {
  readonly status: AgentStatus;
  /** The grants that the page may see: its own, or all. */
  readonly grants: readonly Grant[];
  /** The open questions that it may see. */
  readonly prompts: readonly Prompt[];
  /** Whether it sees the whole. */
  readonly seesWhole: boolean;
};

export type Standing = {
  readonly stands: Stands | undefined;
  onStands(listener: (stands: Stands) => void): () => void;
  /** Asks the agent anew. */
  read(): Promise<void>;
  /** Asks a person for the right to see the whole lists. The question appears among the open ones. Throws what the answer was. */
  ask(): Promise<void>;
};

/** What each page of the app is given. */
export type PageProps = { readonly channel: Channel; readonly standing: Standing };

/** The same, for a page with pages of its own below it. */
export type PlaceProps = PageProps & {
  /** What follows the page's name in the address, part by part. Anybody may have written it. */
  readonly rest: readonly string[];
};

/** Milliseconds in which several notices make one reading. */
const GATHER_MS = 50;

export function createStanding(channel: Channel): Standing {
  const listeners = new Set<(stands: Stands) => void>();
  let stands: Stands | undefined;
  let isAttached = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function read(): Promise<void> {
    const status = await channel.call("agent.status", {});
    const isOpen = status.sessions.some(({ state }) => state === "unlocked");
    const [{ grants }, { prompts }] = isOpen
      ? await Promise.all([
          orShown(channel.call("grants.list", {}), { grants: stands?.grants ?? [] }),
          orShown(channel.call("prompts.list", {}), { prompts: stands?.prompts ?? [] }),
        ])
      : [{ grants: [] }, { prompts: [] }];
    // Who may manage sees the whole list, with its own grant in it. Everybody else sees only its own grants, and none of them is that one.
    const seesWhole = grants.some(({ verb }) => verb === "manage");
    if (seesWhole && !isAttached) await attach();
    stands = { status, grants, prompts, seesWhole };
    for (const listener of [...listeners]) listener(stands);
  }

  /** From then on the agent tells this page of every question. */
  async function attach(): Promise<void> {
    isAttached = true;
    await channel.call("prompts.attach", {});
  }

  /** A lost connection is told by the page, and the next one reads again. */
  const readAnyway = () =>
    read().catch((error: unknown) => {
      if (!(error instanceof ConnectionLost || error instanceof SessionEnded)) throw error;
    });

  function readSoon(): void {
    clearTimeout(timer);
    timer = setTimeout(readAnyway, GATHER_MS);
  }

  channel.onNotification(({ method }) => {
    if (method !== "item.changed") readSoon();
  });
  channel.onState((state) => {
    isAttached = false;
    if (state === "open") readAnyway();
  });
  // The person comes back to the page.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && channel.state === "open") readSoon();
  });

  return {
    get stands() {
      return stands;
    },
    onStands: (listener) => {
      listeners.add(listener);
      if (stands !== undefined) listener(stands);
      return () => listeners.delete(listener);
    },
    read: readAnyway,
    ask: async () => {
      await channel.call("grants.list", { ask: true });
      await read();
    },
  };
}

/** A list, or the one that is shown already. The agent refuses a list while it cannot read the names in it: the service may be away. */
async function orShown<T>(list: Promise<T>, shown: T): Promise<T> {
  try {
    return await list;
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return shown;
  }
}
