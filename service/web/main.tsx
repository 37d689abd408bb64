// The page's beginning: cryptography, link, page.
import { render } from "preact";
import { type Ending, endings } from "./ending.ts";
import { Ended, Page } from "./page.tsx";
import { shareAt } from "./share.ts";
import { loadSodium } from "./sodium.ts";

const root = document.getElementById("page") as HTMLElement;
root.replaceChildren();

const { pathname, hash } = location;
/** What this page said before it was loaded again; the browser keeps it beside the address. */
const said = (history.state as { ending?: unknown } | null)?.ending;

/**
 * Neither the bar, nor a screenshot, nor the history needs the secret once the page has read it. What is told instead where
 * the page is loaded again stays in its place.
 */
function forget(ending: Ending): void {
  history.replaceState({ ending }, "", pathname);
}

if (hash !== "") forget("openedBefore");

async function start(): Promise<void> {
  // Newer than WebAssembly in every browser.
  if (typeof Uint8Array.fromBase64 !== "function") return render(<Ended ending="tooOld" />, root);
  if (hash === "" && isEnding(said)) return render(<Ended ending={said} />, root);
  const share = shareAt(await loadSodium(), { pathname, hash });
  render(share === undefined ? <Ended ending="incomplete" /> : <Page share={share} over={forget} />, root);
}

const isEnding = (value: unknown): value is Ending => typeof value === "string" && Object.hasOwn(endings, value);

// A browser may keep a page as it was for its Back button: what was shown goes when it is left, as the page has said.
addEventListener("pagehide", () => render(null, root));
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) location.reload();
});
// Another link of the same share, pasted over this one: the browser changes the fragment and loads nothing.
addEventListener("hashchange", () => location.reload());
start().catch(() => render(<Ended ending="tooOld" />, root));
