// Whose room a question or a wrong code is counted in. Strangers share one, so that a program gains nothing by forks and sessions of its own. What
// fills it silences strangers alone.
import type { Connection } from "../call/connection.ts";

/** `known` asks with a yes already. `terminal` is our own command at a terminal. All others are `strangers`. */
export type Room = "known" | "terminal" | "strangers";

export type RoomOf = (connection: Connection) => Room;
