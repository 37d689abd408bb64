// Whether a person knows that an account is the default. The file with the order of the accounts is not sealed, so any program of the user can
// change it. The sealed device store of the default account repeats the choice. Only the unlocked account can write that.
import type { Session } from "./session.ts";
import type { Unlocked } from "./unlocked.ts";

/** What the person reads once at the unlock of an account that became the default without them. */
export const BECAME_DEFAULT =
  "commands without --account work on this account now, since it became the default; choose another with `postern accounts default NAME`";

/** Notes that the person knows of this default. */
export async function knowDefault({ store }: Pick<Unlocked, "store">): Promise<void> {
  if (store.state.isDefault !== true) await store.change((state) => ({ ...state, isDefault: true }));
}

/** Notes a choice: this account is the default, and no other one that is open. */
export async function chooseDefault(chosen: Session, sessions: readonly Session[]): Promise<void> {
  for (const session of sessions) {
    const store = session.unlocked?.store;
    if (store === undefined) continue;
    if (session === chosen) await knowDefault({ store });
    else if (store.state.isDefault === true) await store.change(({ isDefault: _former, ...state }) => state);
  }
}

/** Whether the person must be told that this account is the default. They are told once, and not where a lock came meanwhile. */
export async function becameDefault({ unlocked }: Session): Promise<boolean> {
  if (unlocked === undefined || unlocked.store.state.isDefault === true) return false;
  await knowDefault(unlocked);
  return true;
}
