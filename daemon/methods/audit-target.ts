// The secret that a person names to ask who read it: a reference, VAULT/ITEM, ENVIRONMENT/VARIABLE, or an id. It is looked up once, for a caller
// who may see the whole log. Then each record is compared with it.
import { isId } from "../../protocol/crypto/encoding.ts";
import { normalTitle } from "../../protocol/crypto/lookup-tag.ts";
import { PosternError } from "../../protocol/errors.ts";
import { fileKey, matchField } from "../../protocol/secret/match.ts";
import { parseReference, type SecretReference } from "../../protocol/secret/reference.ts";
import { type Account, environmentsOf, offered } from "../account/account.ts";
import type { Record } from "../audit/chain.ts";
import { isDone } from "../audit/entry.ts";
import { OF_ITEM } from "../call/recorded-places.ts";

export type AuditTarget = {
  /** The id of the item, the environment, or anything else. */
  readonly id: string;
  /** The field's key, or the variable's name. Without it, the whole item is meant. */
  readonly part?: { readonly kind: "field" | "variable"; readonly name: string };
  /** Its names. A read that failed because the service was away is recorded by its reference only. */
  readonly called?: { readonly vault: readonly string[]; readonly item: readonly string[]; readonly field?: string };
};

const REFERENCE = "op://";

const FORMS = "name it as op://vault/item[/field], VAULT/ITEM, ENVIRONMENT/VARIABLE, or by its id";

/** Throws invalidReference, itemNotFound, tooManyItems, offline, sealBroken. */
export async function auditTarget(account: Account, text: string): Promise<AuditTarget> {
  if (isId(text)) return { id: text };
  const isReference = text.startsWith(REFERENCE);
  const parts = (isReference ? text.slice(REFERENCE.length) : text).split("/");
  if (parts.length < 2 || parts.includes(""))
    throw new PosternError("invalidReference", undefined, { text: "this names no secret", hint: FORMS });
  const whole = parts.length === 2;
  const item = await itemTarget(account, parsed(`${REFERENCE}${parts.join("/")}${whole ? "/any" : ""}`), whole);
  const variable = whole && !isReference ? await variableTarget(account, parts[0] ?? "", parts[1] ?? "") : undefined;
  if (item !== undefined && variable !== undefined)
    throw new PosternError("tooManyItems", undefined, {
      text: "an item of a vault and a variable of an environment are called so",
      hint: `use the id of one: ${item.id}, or ${variable.id} for the environment`,
    });
  const found = item ?? variable;
  if (found === undefined)
    throw new PosternError("itemNotFound", undefined, {
      text: "no item, and no variable of an environment, is called so",
      hint: `${FORMS}; what is archived or gone is found by its id, a variable that is gone by the id of its environment`,
    });
  return found;
}

function parsed(text: string): SecretReference {
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof PosternError)
      throw new PosternError("invalidReference", undefined, { text: "this names no secret", hint: FORMS });
    throw error;
  }
}

async function itemTarget(
  account: Account,
  reference: SecretReference,
  whole: boolean,
): Promise<AuditTarget | undefined> {
  const vaults = await account.matchVaults(reference.vault);
  const found = (await Promise.all(vaults.map((vault) => account.findItems(vault, reference.item)))).flatMap(
    ({ items }) => items,
  );
  const [item, second] = found;
  if (item === undefined) return undefined;
  if (second !== undefined)
    throw new PosternError("tooManyItems", undefined, { hint: `use its id: ${found.map(({ id }) => id).join(", ")}` });
  const vault = (await account.vaults()).find(({ id }) => id === item.vaultId);
  const called = {
    vault: [item.vaultId, ...(vault === undefined ? [] : [normalTitle(vault.title)])],
    item: [item.id, normalTitle(item.title)],
  };
  if (whole) return { id: item.id, called };
  const { id: name } = fieldOf(item, reference);
  return { id: item.id, part: { kind: "field", name }, called: { ...called, field: reference.field } };
}

function fieldOf(item: Parameters<typeof matchField>[0], reference: SecretReference) {
  try {
    return matchField(item, reference);
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    throw new PosternError("itemNotFound", undefined, {
      text: "the item has no such field, or more than one",
      hint: "leave the field out: the item alone shows the reads of all of it",
    });
  }
}

async function variableTarget(account: Account, wanted: string, name: string): Promise<AuditTarget | undefined> {
  const all = await environmentsOf(account);
  for (const { id, title } of all) {
    if (id !== wanted && normalTitle(title) !== normalTitle(wanted)) continue;
    if ((await offered(account, "environments").variables(id)).some((variable) => variable.name === name))
      return { id, part: { kind: "variable", name } };
  }
  return undefined;
}

/** Whether a record is about the target. A doubtful record counts. */
export function concerns(
  target: AuditTarget,
  record: Record,
  namesOf: (record: Record) => string[] | undefined,
): boolean {
  const { ids = [], asked = [] } = record;
  if (ids.includes(target.id) || asked.includes(target.id)) return concernsPart(target, record, namesOf);
  if (isDone(record.outcome)) return false;
  // The record had no room for all refused targets, or no key to seal them. The target may be among them.
  if (record.unnamed !== undefined) return true;
  return (namesOf(record) ?? []).some((name) => name === target.id || isCalled(target.called, name));
}

function concernsPart({ id, part }: AuditTarget, record: Record, namesOf: (record: Record) => string[] | undefined) {
  if (part === undefined || record.unnamed !== undefined) return true;
  const names = namesOf(record);
  const { ids = [], event } = record;
  if (part.kind === "field" && ids.some((one) => fileKey(one) === part.name)) return true;
  if (names === undefined) return !event.startsWith("files.") || record.sealed !== undefined;
  if (part.kind === "variable") return names.includes(part.name);
  const ofItem = names.filter((name) => name.startsWith(id + OF_ITEM)).map((name) => name.slice(id.length + 1));
  if (ofItem.length > 0) return ofItem.includes(part.name);
  // In records of other events the names are no fields. They are about the whole item.
  return event.startsWith("secrets.") || event.startsWith("files.") ? names.includes(part.name) : true;
}

function isCalled(called: AuditTarget["called"], name: string): boolean {
  if (called === undefined || !name.startsWith(REFERENCE)) return false;
  try {
    const { vault, item, field } = parseReference(name);
    return (
      called.vault.includes(normalTitle(vault)) &&
      called.item.includes(normalTitle(item)) &&
      (called.field === undefined || normalTitle(called.field) === normalTitle(field))
    );
  } catch (error) {
    if (error instanceof PosternError) return false;
    throw error;
  }
}
