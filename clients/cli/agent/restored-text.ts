// The texts of a restore. Before it: the things that will not come back. After it: the way to make them anew.
import type { Methods } from "../../typescript/generated.ts";
import { localTime } from "../terminal/local-time.ts";
import { oneLine } from "../terminal/terminal.ts";
import { commandOn } from "./next-step.ts";

type Found = Methods["accounts.inspectBackup"]["result"];
type Restored = Methods["accounts.restore"]["result"];

const DAY_MS = 24 * 60 * 60_000;

/** Links that are named. Further ones are counted. */
const NAMED_MAX = 20;

const counted = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** The lines that a person reads before they are asked for a password. */
export function lossesOf({ madeAt, serviceAccounts, shares }: Found): string[] {
  const lines = [
    ...(serviceAccounts > 0
      ? [`  ${counted(serviceAccounts, "service account")}: the definitions come back, their tokens do not`]
      : []),
    ...(shares > 0 ? [`  ${counted(shares, "shared link")}: none comes back; the links open nothing there`] : []),
  ];
  const head = `postern: a backup of ${localTime(madeAt)}`;
  return lines.length === 0
    ? [`${head}; all that is in it comes back`]
    : [`${head}. Not all of it comes back:`, ...lines];
}

/** `beside` is the name of the account where commands without --account work on another one. */
export function restoredText({ name, serviceAccounts, shares }: Restored, nowMs: number, beside?: string): string {
  const titles = serviceAccounts.map(({ title }) => title.toLowerCase());
  const isPlain = (title: string) =>
    /^[A-Za-z0-9][\w.-]*$/.test(title) && titles.filter((other) => other === title.toLowerCase()).length === 1;
  const rotations = serviceAccounts.map(({ id, title, expiresAt }) =>
    isPlain(title)
      ? `  ${commandOn(beside, "service-account rotate")} ${title}${expiryOption(expiresAt, nowMs)}`
      : `  ${commandOn(beside, "service-account rotate")} ${id}${expiryOption(expiresAt, nowMs)}    # ${oneLine(title)}`,
  );
  const links = shares.slice(0, NAMED_MAX).map((one) => `  ${oneLine(one.title ?? one.itemId)}`);
  if (shares.length > NAMED_MAX) links.push(`  and ${shares.length - NAMED_MAX} more`);
  return [
    `${oneLine(name)} is back, and unlocked. Set an approval PIN with \`${commandOn(beside, "pin")}\`.`,
    ...(rotations.length === 0
      ? []
      : [
          `${counted(serviceAccounts.length, "service account is", "service accounts are")} back without a token. Each of these prints a new one:`,
          ...rotations,
        ]),
    ...(links.length === 0
      ? []
      : [
          `${counted(shares.length, "shared link")} did not come back; \`${commandOn(beside, "share create")}\` makes another one of:`,
          ...links,
        ]),
  ].join("\n");
}

/** The end of the former token. An end in the past is left out. */
function expiryOption(expiresAt: string | undefined, nowMs: number): string {
  if (expiresAt === undefined) return "";
  if (expiresAt === "never") return " --expires-in never";
  const days = Math.ceil((Date.parse(expiresAt) - nowMs) / DAY_MS);
  return days > 0 ? ` --expires-in ${days}d` : "";
}
