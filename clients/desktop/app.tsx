// The app: a page each for the state, the items, the open questions, grants, clients and the log. A page is named by the fragment of the address: `#/grants`.
// What follows the name, as in `#/items/VAULT/ITEM`, is the page's own.
import type { FunctionComponent } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { AccountsPage } from "./accounts-page.tsx";
import { AuthenticatorsPage } from "./authenticators-page.tsx";
import { Away } from "./away.tsx";
import type { Channel, ChannelState } from "./channel.ts";
import { ClientsPage } from "./clients-page.tsx";
import { EndedPage } from "./ended.tsx";
import { type Ending, keepEnding } from "./ending.ts";
import { GrantsPage } from "./grants-page.tsx";
import { hasUnsaved, mayLeave } from "./held-place.ts";
import { ItemsPage } from "./items/items-page.tsx";
import { LogPage } from "./log-page.tsx";
import { OwnQuestion } from "./own-question.tsx";
import { QuestionsPage } from "./questions-page.tsx";
import { ServiceAccountsPage } from "./service-accounts/service-accounts-page.tsx";
import { SettingsPage } from "./settings/settings-page.tsx";
import { createStanding, type PlaceProps } from "./standing.ts";
import { useChannelState } from "./state.ts";
import { useStands } from "./whole.tsx";

type Route = { readonly path: string; readonly title: string; readonly Page: FunctionComponent<PlaceProps> };

const routes: readonly [Route, ...Route[]] = [
  { path: "#/", title: "Accounts", Page: AccountsPage },
  { path: "#/items", title: "Items", Page: ItemsPage },
  { path: "#/questions", title: "Questions", Page: QuestionsPage },
  { path: "#/grants", title: "Grants", Page: GrantsPage },
  { path: "#/clients", title: "Clients", Page: ClientsPage },
  { path: "#/service-accounts", title: "Service accounts", Page: ServiceAccountsPage },
  { path: "#/keys", title: "Fingerprint and keys", Page: AuthenticatorsPage },
  { path: "#/settings", title: "Settings", Page: SettingsPage },
  { path: "#/log", title: "Log", Page: LogPage },
];

type Place = { readonly route: Route; readonly rest: readonly string[] };

function placeNow(): Place {
  const [name = "", ...rest] = location.hash.slice("#/".length).split("/");
  const route = routes.find(({ path }) => path === `#/${name}`);
  return route === undefined ? { route: routes[0], rest: [] } : { route, rest };
}

export function App({ channel }: { channel: Channel }) {
  const state = useChannelState(channel);
  const [{ route, rest }, setPlace] = useState(placeNow);
  const [standing] = useState(() => createStanding(channel));
  useEffect(() => {
    const follow = () => {
      if (mayLeave()) setPlace(placeNow());
    };
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  useEffect(() => {
    document.title = `${route.title} – Postern`;
    // The person looks at a page now, so it shows the present state.
    if (channel.state === "open") standing.read();
  }, [route, channel, standing]);
  const ending = useEnding(state);
  const own = useStands(standing)?.prompts.find((prompt) => prompt.own === true);
  if (ending !== undefined) return <EndedPage ending={ending} />;
  return (
    <div class="app">
      <header>
        <p class="brand">Postern</p>
        <nav aria-label="Pages">
          {routes.map(({ path, title }) => (
            <a href={path} aria-current={path === route.path ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
      </header>
      <main class="card">
        <Away state={state} next="copy what you have not saved, and run `postern app` to open another one" />
        {own !== undefined && <OwnQuestion channel={channel} prompt={own.prompt} key={own.prompt} />}
        <div hidden={own !== undefined}>
          {state !== "connecting" && <route.Page channel={channel} standing={standing} rest={rest} key={route.path} />}
        </div>
      </main>
    </div>
  );
}

/** The end of the session. Read before the form leaves the page, since only the form knows what was typed. */
function useEnding(state: ChannelState): Ending | undefined {
  const ending = useMemo(() => {
    if (state !== "ended") return undefined;
    return hasUnsaved() ? "endedUnsaved" : "sessionEnded";
  }, [state]);
  useEffect(() => {
    if (ending !== undefined) keepEnding(ending);
  }, [ending]);
  return ending;
}
