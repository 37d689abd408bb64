// The start of the page: it loads the cryptography, reads the link, and draws the page.
import { render } from "preact";
import { type Ending, endings } from "./ending.ts";
import { Ended, Page } from "./page.tsx";
import { shareAt } from "./share.ts";
import { loadSodium } from "./sodium.ts";

const root = document.getElementById("page") as HTMLElement;
root.replaceChildren();

const { pathname, hash } = location;
/** The last message of this page before it was loaded again. The browser keeps it beside the address. */
const said = (history.state as { ending?: unknown } | null)?.ending;

/**
 * Removes the secret from the address once the page has read it: the address bar, screenshots and the history do not need it. The
 * message for a page that is loaded again is kept in its place.
 */
function forget(ending: Ending): void {
  history.replaceState({ ending }, "", pathname);
}

if (hash !== "") forget("openedBefore");

async function start(): Promise<void> {
  // Every browser got this after WebAssembly, so a browser that has it has both.
  if (typeof Uint8Array.fromBase64 !== "function") return render(<Ended ending="tooOld" />, root);
  if (hash === "" && isEnding(said)) return render(<Ended ending={said} />, root);
  const share = shareAt(await loadSodium(), { pathname, hash });
  render(share === undefined ? <Ended ending="incomplete" /> : <Page share={share} over={forget} />, root);
}

const isEnding = (value: unknown): value is Ending => typeof value === "string" && Object.hasOwn(endings, value);

// A browser may keep a page for its Back button. So the page removes the shown item when the person leaves it, as it said.
addEventListener("pagehide", () => render(null, root));
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) location.reload();
});
// A person may paste another link of the same share over this one. The browser then changes the fragment and loads nothing.
addEventListener("hashchange", () => location.reload());
start().catch(() => render(<Ended ending="tooOld" />, root));
