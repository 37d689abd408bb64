// The start of the page: it takes the code out of the address, enters, and draws what the session is for.
import { render } from "preact";
import { CodeSpent } from "./agent-error.ts";
import { App } from "./app.tsx";
import { openChannel } from "./channel.ts";
import { EndedPage } from "./ended.tsx";
import { type Ending, forgetEnding, keptEnding } from "./ending.ts";
import { enter, forgetSession, keepSession, keptSession, type Session, takeCode } from "./entrance.ts";
import { PromptPage } from "./prompt-page.tsx";

const root = document.getElementById("page") as HTMLElement;
root.replaceChildren();

const draw = (ending: Ending) => render(<EndedPage ending={ending} />, root);

/** The session of this page. The ending where it has none. */
async function entered(): Promise<Session | Ending> {
  const code = takeCode();
  if (code === undefined) return keptSession() ?? keptEnding() ?? "none";
  // Another address is another page, whatever this tab showed before.
  forgetEnding();
  forgetSession();
  return enter(code).catch((error: unknown) => (error instanceof CodeSpent ? "spent" : "sessionEnded"));
}

async function start(): Promise<void> {
  const found = await entered();
  if (typeof found === "string") return draw(found);
  const channel = openChannel(found, (next) => keepSession({ ...found, ...next }));
  channel.onState((state) => {
    if (state === "ended") forgetSession();
  });
  if (found.prompt === undefined) return render(<App channel={channel} />, root);
  render(<PromptPage channel={channel} prompt={found.prompt} />, root);
}

// A second address may be opened in the same tab. The browser then changes the fragment and loads nothing.
addEventListener("hashchange", () => {
  if (!location.hash.startsWith("#/") && location.hash !== "") location.reload();
});
start();
