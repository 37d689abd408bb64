// What each form of a setting is given.
import type { SessionState } from "../../typescript/generated.ts";
import type { PageProps } from "../standing.ts";

/** An unlocked account: the agent tells its settings. */
export type OpenSession = SessionState & { readonly account: string };

export type SettingProps = PageProps & { readonly session: OpenSession; readonly hearsScreen: boolean };
