// app.*: the way into the desktop app.

import type { RoomOf } from "../approval/rooms.ts";
import { entryOf } from "../call/log-entry.ts";
import type { Sessions } from "../session/sessions.ts";
import type { Handlers } from "../wire/dispatch.ts";

export type AppParts = {
  readonly sessions: Pick<Sessions, "list">;
  readonly roomOf: RoomOf;
  /** Makes a way in. Returns the path of its file. Throws appUnavailable, tryLater. */
  readonly open: (family: string, isStranger: boolean) => Promise<string>;
};

export function appMethods({ sessions, roomOf, open }: AppParts): Pick<Handlers, "app.open"> {
  return {
    "app.open": async (_params, call) => {
      const file = await open(call.connection.subject.family, roomOf(call.connection) === "strangers");
      for (const { audit } of sessions.list()) audit.read(entryOf(call, "ok", []));
      return { file };
    },
  };
}
