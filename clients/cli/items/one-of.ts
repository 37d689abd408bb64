// Finds the one thing that a person names by title or id, or throws an error with the next step.
import { errorTable, PosternError } from "../../typescript/generated.ts";
import { normalTitle } from "./normal-title.ts";

const kinds = {
  vault: { none: "vaultNotFound", many: "tooManyVaults", list: "`postern vault list`" },
  item: { none: "itemNotFound", many: "tooManyItems", list: "`postern item list --vault VAULT`" },
  environment: { none: "environmentNotFound", many: "tooManyEnvironments", list: "`postern env list`" },
  "service account": {
    none: "serviceAccountNotFound",
    many: "tooManyServiceAccounts",
    list: "`postern service-account list`",
  },
  device: { none: "deviceNotFound", many: "tooManyDevices", list: "`postern devices`" },
  authenticator: {
    none: "authenticatorNotFound",
    many: "tooManyAuthenticators",
    list: "`postern authenticators`",
  },
  group: { none: "groupNotFound", many: "tooManyGroups", list: "`postern group list`" },
} as const;

const ARCHIVED = "archived";

/**
 * The id `wanted` itself, or the id of the only thing with this title in any case. Calls `all` only for a title. As in a reference,
 * active things come before archived ones.
 */
export async function idOf(
  what: keyof typeof kinds,
  wanted: string,
  all: () => Promise<readonly { id: string; title: string; state?: string }[]>,
): Promise<string> {
  if (/^[a-z2-7]{26}$/.test(wanted)) return wanted;
  const found = (await all()).filter(({ title }) => normalTitle(title) === normalTitle(wanted));
  const { none, many, list } = kinds[what];
  const active = found.filter(({ state }) => state !== ARCHIVED);
  const [first, second] = active.length > 0 ? active : found;
  if (first === undefined) throw refusal(none, `no ${what} has this title or id`, `run ${list}`);
  if (second !== undefined)
    throw refusal(
      many,
      `more than one ${what} has this title`,
      `use its id: ${found.map(({ id, state }) => (state === ARCHIVED ? `${id} (archived)` : id)).join(", ")}`,
    );
  return first.id;
}

/** The agent's own error for this, with the name of the thing. */
export function refusal(errorName: string, message: string, hint: string): PosternError {
  return new PosternError(message, { errorName, code: errorTable[errorName]?.code ?? 0, hint });
}
