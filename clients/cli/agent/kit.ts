// The emergency kit. With it and the password a person opens the account on another machine.

import { readFileSync } from "node:fs";
import type { Methods } from "../../typescript/generated.ts";
import { whileBlocked } from "../files/descriptor.ts";
import type { OutFile } from "../files/out-file.ts";
import { unreadable } from "../files/unreadable.ts";
import { UsageError } from "../terminal/exit-code.ts";

export type Kit = Methods["accounts.kit"]["result"];

const labels: readonly (readonly [keyof Kit, string])[] = [
  ["name", "Account name"],
  ["account", "Account"],
  ["user", "User"],
  ["service", "Service"],
  ["secretKey", "Secret Key"],
];

/** The text in place of an address, where the account lives in the agent's own service. */
export const EMBEDDED = "embedded";

/** The way to open the account elsewhere. An account of the embedded service exists on its own machine only. */
const ways = (kit: Kit): string[] =>
  kit.service === EMBEDDED
    ? [
        "The account is on this machine alone. To open it on another machine you need",
        "this kit, the password, and a backup (postern backup FILE):",
        "  postern restore FILE --kit THIS-FILE",
      ]
    : [
        "To open the account on another machine you need this kit and the password:",
        "  postern signin --kit THIS-FILE",
      ];

/** The kit as a page to print or keep. */
export function kitText(kit: Kit): string {
  return [
    "POSTERN EMERGENCY KIT",
    "",
    ...labels.map(([key, label]) => `${label.padEnd(14)}${kit[key]}`),
    "",
    "Password      ______________________________",
    "",
    ...ways(kit),
    "Keep it where nobody else looks: on paper, or on a medium that is not plugged in.",
    "",
  ].join("\n");
}

/** Writes the kit into an open new file. */
export function writeKit(file: OutFile, kit: Kit): void {
  file.write(Buffer.from(kitText(kit)));
  file.done();
}

/** The text of a kit's file. */
export function readKit(path: string): string {
  try {
    // Opening a pipe may wait for its writer.
    return whileBlocked(() => readFileSync(path, "utf8"));
  } catch (error) {
    throw unreadable(`the kit ${path}`, error, "name the file that `postern init` wrote");
  }
}

/** Reads a kit, also one in which a person has written. Errors call it `path`. */
export function parseKit(text: string, path = "this file"): Omit<Kit, "name"> {
  const value = (label: string) => new RegExp(`^${label} {2,}(\\S.*?)\\s*$`, "m").exec(text)?.[1];
  const [account, user, service, secretKey] = ["Account", "User", "Service", "Secret Key"].map(value);
  if (account === undefined || user === undefined || service === undefined || secretKey === undefined) {
    throw new UsageError(
      `${path} is not an emergency kit: a line is missing`,
      "a kit has the lines Account, User, Service and Secret Key",
    );
  }
  demandId(account, "Account", path);
  demandId(user, "User", path);
  return { account, user, service, secretKey };
}

/** Checks the ids in a kit, since they go to the agent and to a service. Neither gets any other text in their place. */
function demandId(text: string, label: string, path: string): void {
  if (/^[a-z2-7]{26}$/.test(text)) return;
  throw new UsageError(
    `the line ${label} of ${path} holds no id`,
    "an id has 26 characters, a to z and 2 to 7; compare it with the kit that `postern init` wrote",
  );
}
