// The width and the length of a yes, as a person chooses them before the proof. A choice makes another text and another hash, so what the text
// says is what is given.
import type { Verb } from "../../protocol/entry.ts";
import { PosternError } from "../../protocol/errors.ts";
import { type Scope, scopeKey } from "../account/scope.ts";
import type { Launch, Unknowable } from "../peer/launch.ts";
import { IDLE_MS, UNLOCKED_MS_MAX } from "../session/idle.ts";
import { GRANT_AGE_MS_MAX, GRANT_IDLE_MS } from "./grants.ts";
import type { Asked, Choice, Given, Lasting } from "./prompt.ts";

const MINUTE = 60_000;

/** Milliseconds of the chosen ten minutes. */
export const TEN_MINUTES_MS = 10 * MINUTE;

/** Milliseconds of a working day. */
export const WORKING_DAY_MS = 8 * 60 * MINUTE;

/**
 * Throws invalidParams where a choice does not fit a question: its fields exclude each other, or it makes nothing wider. Only what was sent decides:
 * a caller tries choices before any proof, and must not learn whether a thing is there.
 */
export function demandFitting(choice: Choice, verb: Verb, asked: readonly Asked[], launch: LaunchOf = unseen): void {
  const { width, lasts, idleMinutes, holder } = choice;
  if (holder !== undefined) return demandApplication(choice, verb, asked, launch());
  if (lasts !== undefined && idleMinutes !== undefined)
    throw new PosternError("invalidParams", "choice.lasts and choice.idleMinutes must not both be given");
  const isAct = asked.some(({ form }) => form.act !== undefined);
  if (choice.verb !== undefined && (verb !== "read" || isAct))
    throw new PosternError("invalidParams", "choice.verb is for a question about reading");
  if (width === undefined) return;
  const isWider = asked.some(({ form }) => scopeKey(verb, wide(form, width)) !== scopeKey(verb, form));
  if (verb === "manage" || isAct || !isWider)
    throw new PosternError("invalidParams", `choice.width: the question is not narrower than the ${width}`);
}

/** How the asking program was started. Its files are looked at where a choice is about it. */
export type LaunchOf = () => Launch | Unknowable;

const unseen: LaunchOf = () => ({ why: "no program is known" });

/** An application grant is for reading what references name, and for nothing wider. */
function demandApplication(choice: Choice, verb: Verb, asked: readonly Asked[], launch: Launch | Unknowable): void {
  if (Object.keys(choice).length > 1)
    throw new PosternError("invalidParams", "choice.holder must be given without width, verb, lasts and idleMinutes");
  if (verb !== "read" || asked.some(({ form }) => form.field === undefined))
    throw new PosternError("invalidParams", "choice.holder is for a question about reading what references name");
  if ("why" in launch) throw new PosternError("invalidParams", `choice.holder: ${launch.why}`);
}

/** Whether a choice fits a question. */
export function fits(choice: Choice, verb: Verb, asked: readonly Asked[], launch?: LaunchOf): boolean {
  try {
    demandFitting(choice, verb, asked, launch);
    return true;
  } catch (error) {
    if (error instanceof PosternError) return false;
    throw error;
  }
}

/** The scopes of a yes. A thing that is not there leaves no grant. The vault or the account around it does, where that was chosen. */
export function chosenScopes(asked: readonly Asked[], { width }: Choice): Given[] {
  return asked.flatMap(({ scope, form, grantable, ofNobody, alone, also, words, itemWords }): Given[] => {
    // A yes to changing is no yes to an act that asks by itself.
    const isExact = alone === true || form.act !== undefined;
    const exact = { scope, grantable, words, also, ...(isExact ? { isExact } : {}) } as const;
    if (width === undefined) return [exact];
    if (ofNobody === true) return [{ scope, grantable: false }];
    const made = width === "account" && form.vault !== undefined ? wide(form, width) : wide(scope, width);
    const wider = {
      scope: made,
      grantable: grantable || made !== scope,
      ...(width === "item" && itemWords !== undefined ? { words: itemWords } : {}),
    };
    // The person said yes to the act too, which the wider scope does not cover.
    return alone === true ? [exact, wider] : [wider];
  });
}

/** The scope of all that the item, the vault or the account holds; the same scope where it is as wide already. */
function wide(scope: Scope, width: NonNullable<Choice["width"]>): Scope {
  const { account, vault, item, field } = scope;
  const isNames = scope.level === "names";
  if (scope.act !== undefined) return scope;
  if (width === "account") return vault === undefined && !isNames ? scope : { account, level: "values" };
  if (vault === undefined) return scope;
  if (width === "vault") return item === undefined && !isNames ? scope : { account, level: "values", vault };
  if (item === undefined) return scope;
  return field === undefined && !isNames ? scope : { account, level: "values", vault, item };
}

/** The length of a yes. */
export function chosenLasting({ lasts, idleMinutes, holder }: Choice, launch: LaunchOf = unseen): Lasting {
  const started = holder === undefined ? undefined : launch();
  if (started !== undefined && !("why" in started)) return { kind: "application", launch: started };
  const idle = { kind: "grant", idleMs: GRANT_IDLE_MS, ageMs: GRANT_AGE_MS_MAX } as const;
  if (lasts === "once") return { kind: "once" };
  if (lasts === "tenMinutes") return { kind: "grant", idleMs: TEN_MINUTES_MS, ageMs: TEN_MINUTES_MS };
  if (lasts === "untilLock") return { kind: "grant", idleMs: GRANT_AGE_MS_MAX, ageMs: GRANT_AGE_MS_MAX };
  if (lasts === "workingDay") return { kind: "grant", idleMs: WORKING_DAY_MS, ageMs: WORKING_DAY_MS };
  return idleMinutes === undefined ? idle : { ...idle, idleMs: idleMinutes * MINUTE };
}

const places = { item: "its item", vault: "its vault", account: "the account" } as const;

/**
 * The lines about what was chosen beside a question. `asked` is the question's own verb, which the wider yes has too. Several things may lie in
 * several vaults.
 */
export function widthLines({ width, verb }: Choice, asked: Verb, things: number): string[] {
  if (width === undefined) return verb === undefined ? [] : ["You also allow to change and delete it.", ALONE];
  const isWrite = (verb ?? asked) === "write";
  const place = things > 1 ? places[width].replace("its", "each of their") : places[width];
  const plural = things > 1 && width !== "account" ? `${place}s` : place;
  const what = `You also allow to read${isWrite ? ", change and delete" : ""} everything in ${plural}.`;
  return isWrite ? [what, ALONE] : [what];
}

/** A widened yes leaves out what the catalogue marks as asked about alone. */
const ALONE = "Sharing, deleting a vault, and changing who may use one ask by themselves.";

/**
 * The line about the end of a yes. `lockMs` is the account's own idle lock, which ends every grant. Undefined where the reader may not know it. Then
 * the line is the same for every account.
 */
export function lengthLines({ lasts, idleMinutes, holder }: Choice, lockMs: number | undefined): string[] {
  if (holder !== undefined)
    return ["It ends after 24 hours, or when you lock with `postern lock`. While the account is locked it rests."];
  if (lasts === "once") return [];
  const lock = `when the account locks${lockMs === undefined ? "" : `: ${lockText(lockMs)}`}`;
  if (lasts === "tenMinutes") return ["It ends after 10 minutes."];
  if (lasts === "untilLock") return [`It ends ${lock}, after 12 hours at most.`];
  if (lasts === "workingDay") return [`It ends after 8 hours, or earlier ${lock}.`];
  const idleMs = idleMinutes === undefined ? GRANT_IDLE_MS : idleMinutes * MINUTE;
  if (idleMs <= (lockMs ?? IDLE_MS)) return [`It ends after ${idleText(idleMs)}, after 12 hours at most.`];
  return [`It ends after ${idleText(idleMs)}, or earlier ${lock}.`];
}

const lockText = (ms: number) => (ms >= UNLOCKED_MS_MAX ? "with the screen" : `after ${idleText(ms)}`);

function idleText(ms: number): string {
  const minutes = Math.round(ms / MINUTE);
  const isHours = minutes >= 60 && minutes % 60 === 0;
  const count = isHours ? minutes / 60 : minutes;
  return `${count} ${isHours ? "hour" : "minute"}${count === 1 ? "" : "s"} without use`;
}
