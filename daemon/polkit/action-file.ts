// The file that makes Postern's one action known to polkit. The command gets a copy of this file, since it writes what the agent looks for.

/** The action: a person approves what a program asks for. */
export const ACTION = "dev.postern.approve";

/** The place where polkit looks on every system. Only root can write there. */
export const ACTION_FOLDER = "/usr/share/polkit-1/actions";

export const ACTION_FILE = `${ACTION}.policy`;

/** The name under which the agent hands the question to polkit. It stands in the message. */
export const QUESTION = "question";

/** The largest id that polkit can be asked about: its field is a signed number. Root is never asked, so it owns nothing here. */
export const UID_MAX = 2 ** 31 - 1;

export const isOwnerId = (uid: number): boolean => Number.isInteger(uid) && uid > 0 && uid <= UID_MAX;

/**
 * The whole file. Its owners are the users whose agents may hand a question to polkit. Everybody proves that it is they (`auth_self`), each time
 * anew: polkit keeps no answer. Local, remote and locked sessions are the same, since polkit asks only where a dialogue of that session is.
 */
export function actionText(owners: readonly number[]): string {
  const ids = [...new Set(owners)].sort((a, b) => a - b).map((uid) => `unix-user:${uid}`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE policyconfig PUBLIC "-//freedesktop//DTD PolicyKit Policy Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/PolicyKit/1/policyconfig.dtd">
<!-- Written by \`postern approver install polkit\`. The agent accepts this file only as it stands here. -->
<policyconfig>
  <vendor>Postern</vendor>
  <action id="${ACTION}">
    <description>Approve what a program asks Postern for</description>
    <message>$(${QUESTION})</message>
    <defaults>
      <allow_any>auth_self</allow_any>
      <allow_inactive>auth_self</allow_inactive>
      <allow_active>auth_self</allow_active>
    </defaults>
    <annotate key="org.freedesktop.policykit.owner">${ids.join(" ")}</annotate>
  </action>
</policyconfig>
`;
}

/** The owners that a file names. Undefined where it is any other file than ours. */
export function ownersIn(text: string): number[] | undefined {
  const named = /policykit\.owner">([^<]*)</.exec(text)?.[1]?.split(" ") ?? [];
  const owners = named.map((one) => Number(/^unix-user:([1-9]\d{0,9})$/.exec(one)?.[1]));
  return owners.length > 0 && owners.every(isOwnerId) && actionText(owners) === text ? owners : undefined;
}
