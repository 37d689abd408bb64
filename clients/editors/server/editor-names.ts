// The names that an editor's person allowed: of all vaults, and of the items in them. One question asks for them, when a person completes a
// reference or runs the command for it. Nothing else opens a question. What changes in the agent changes here, and a lock forgets all.
import type { Channel } from "../../typescript/channel.ts";
import { PosternError } from "../../typescript/generated.ts";
import { type Caller, itemsOf } from "./ask-names.ts";
import { type KnownNames, type KnownVault, normal, type VaultItems } from "./known-names.ts";

export type Link = Caller & Pick<Channel, "onNotification" | "onEnd" | "close">;

/** How the editor stands with the agent. It is told once for each change, and no word of it asks for anything. */
export type Standing = "noAgent" | "locked" | "notAsked" | "waiting" | "denied" | "allowed";

export type AccountNames = {
  readonly vaults: readonly { readonly id: string; readonly title: string }[];
  items(vaultId: string): Promise<VaultItems>;
};

/** The name of a field and its type, without its value. */
export type FieldName = {
  readonly title: string;
  readonly id: string;
  readonly section: string;
  readonly type: string;
};
export type ItemShape = { readonly sections: readonly string[]; readonly fields: readonly FieldName[] };

export type EditorNames = {
  /** What is known without a question. */
  known(): Promise<AccountNames | undefined>;
  /** The same, after one question where none was answered yet. */
  asked(): Promise<AccountNames | undefined>;
  /** Lets the next `asked` ask again after a no. */
  askAgain(): void;
  /** The names of an item's fields, where the editor may read the item already. */
  shape(vaultId: string, itemId: string): Promise<ItemShape | undefined>;
  close(): void;
};

const standingOf: Readonly<Record<string, Standing>> = {
  locked: "locked",
  signedOut: "locked",
  approvalRequired: "notAsked",
  approvalDenied: "denied",
  approvalTimedOut: "denied",
  promptQuota: "denied",
  coolingDown: "denied",
};

type Options = {
  /** Connects to the agent. Throws where none runs. */
  readonly open: () => Promise<Link>;
  /** `code` is that of the question that waits. */
  readonly stands: (standing: Standing, code?: string) => void;
  /** Something may be judged differently now. */
  readonly changed: () => void;
};

export function createEditorNames({ open, stands, changed }: Options): EditorNames {
  let link: Promise<Link> | undefined;
  let names: AccountNames | undefined;
  let asking: Promise<AccountNames | undefined> | undefined;
  let shapes = new Map<string, ItemShape>();
  let wasDenied = false;
  /** Counts what was forgotten. An answer that was asked for before is not kept after it. */
  let age = 0;

  function forget(): void {
    age++;
    names = undefined;
    shapes = new Map();
  }

  /** A failed try is not kept, so that a later agent is found. */
  function linked(): Promise<Link> {
    link ??= open().then(heard, (error: unknown) => {
      link = undefined;
      stands("noAgent");
      throw error;
    });
    return link;
  }

  async function heard(opened: Link): Promise<Link> {
    opened.onEnd(() => {
      link = undefined;
      wasDenied = false;
      forget();
      stands("noAgent");
      changed();
    });
    opened.onNotification((method, { state, code, request }) => {
      if (method === "prompt.opened" && request !== undefined) stands("waiting", String(code));
      if (method !== "session.changed" && method !== "item.changed") return;
      if (method === "session.changed") wasDenied = false;
      forget();
      if (state === "locked") stands("locked");
      changed();
    });
    await opened.call("agent.subscribe", {});
    return opened;
  }

  async function fetched(noWait: boolean): Promise<AccountNames | undefined> {
    try {
      const agent = await linked();
      const asked = age;
      const { vaults } = await agent.call("vaults.list", noWait ? { noWait } : {});
      const lists = new Map<string, Promise<VaultItems>>();
      const found: AccountNames = {
        vaults: vaults.map(({ id, title }) => ({ id, title })),
        items: (vaultId) => {
          const list = lists.get(vaultId) ?? itemsOf(agent, vaultId);
          lists.set(vaultId, list);
          return list;
        },
      };
      if (asked !== age) return undefined;
      names = found;
      stands("allowed");
      return found;
    } catch (error) {
      // Whatever the error is, the names are not known. No text of it goes to the editor.
      const standing = error instanceof PosternError ? standingOf[error.errorName] : undefined;
      if (standing === "denied") wasDenied = true;
      // A look without a question says less than the question that is open, or was answered.
      const isKnownBetter = standing === "notAsked" && (wasDenied || asking !== undefined);
      if (standing !== undefined && !isKnownBetter) stands(standing);
      return undefined;
    }
  }

  return {
    known: async () => names ?? fetched(true),
    asked: async () => {
      const already = names ?? (await fetched(true));
      if (already !== undefined || wasDenied) return already;
      asking ??= fetched(false).finally(() => {
        asking = undefined;
        changed();
      });
      return asking;
    },
    askAgain: () => {
      wasDenied = false;
    },
    shape: async (vaultId, itemId) => {
      const known = shapes.get(itemId);
      if (known !== undefined) return known;
      try {
        const agent = await linked();
        const item = await agent.call("items.get", { vaultId, itemId, noWait: true });
        // From here on there are no values.
        const shape = shapeOf(item);
        shapes.set(itemId, shape);
        return shape;
      } catch {
        return undefined;
      }
    },
    close: () =>
      void link?.then(
        (open) => open.close(),
        () => undefined,
      ),
  };
}

type ReadItem = {
  readonly sections: readonly { readonly id: string; readonly title: string }[];
  readonly fields: readonly {
    readonly id: string;
    readonly title: string;
    readonly sectionId?: string;
    readonly fieldType: string;
  }[];
};

function shapeOf({ sections, fields }: ReadItem): ItemShape {
  const titles = new Map(sections.map(({ id, title }) => [id, title]));
  return {
    sections: sections.map(({ title }) => title).filter((title) => title !== ""),
    fields: fields.map(({ id, title, sectionId = "", fieldType }) => ({
      id,
      title,
      section: titles.get(sectionId) ?? "",
      type: fieldType,
    })),
  };
}

/** What the vault words of references mean, by the names that are known. */
export async function namesFor(words: Iterable<string>, { vaults, items }: AccountNames): Promise<KnownNames> {
  const known = new Map<string, KnownVault>();
  for (const word of new Set(words)) {
    const called = vaultsCalled(word, vaults);
    const [first] = called;
    if (first === undefined) known.set(word, { kind: "missing" });
    else if (called.length > 1) known.set(word, { kind: "several" });
    else known.set(word, { kind: "found", items: await items(first.id) });
  }
  return known;
}

/** The vaults that a word means: the one with this id, or all with this title. */
export function vaultsCalled(word: string, vaults: AccountNames["vaults"]): AccountNames["vaults"] {
  const byId = vaults.filter(({ id }) => id === word);
  return byId.length > 0 ? byId : vaults.filter(({ title }) => normal(title) === normal(word));
}
