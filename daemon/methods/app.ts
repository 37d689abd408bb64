// app.*: the way into the desktop app.
import { entryOf } from "../call/log-entry.ts";
import type { Sessions } from "../session/sessions.ts";
import type { PageDoor } from "../window/page-door.ts";
import type { Handlers } from "../wire/dispatch.ts";

export type AppParts = { readonly sessions: Pick<Sessions, "list">; readonly pages: Pick<PageDoor, "open"> };

export function appMethods({ sessions, pages }: AppParts): Pick<Handlers, "app.open"> {
  return {
    "app.open": async (_params, call) => {
      const file = await pages.open();
      for (const { audit } of sessions.list()) audit.read(entryOf(call, "ok", []));
      return { file };
    },
  };
}
