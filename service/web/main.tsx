// The page's beginning: cryptography, link, page.
import { render } from "preact";
import { Ended, Page } from "./page.tsx";
import { shareAt } from "./share.ts";
import { loadSodium } from "./sodium.ts";

const root = document.getElementById("page") as HTMLElement;
root.replaceChildren();

/**
 * The secret stays in the address while the link can still be opened: a reload would else lose what it leads to. When it
 * can open nothing more, neither the bar, nor a screenshot, nor the history needs it.
 */
function forget(): void {
  history.replaceState(null, "", location.pathname);
}

async function start(): Promise<void> {
  // Newer than WebAssembly in every browser.
  if (typeof Uint8Array.fromBase64 !== "function") return render(<Ended ending="tooOld" />, root);
  const p = await loadSodium();
  const share = shareAt(p, location);
  render(share === undefined ? <Ended ending="incomplete" /> : <Page share={share} forget={forget} />, root);
}

// A browser may keep a page as it was for its Back button: what was shown goes when it is left, as the page has said.
addEventListener("pagehide", () => render(null, root));
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) location.reload();
});
// Another link of the same share, pasted over this one: the browser changes the fragment and loads nothing.
addEventListener("hashchange", () => location.reload());
start().catch(() => render(<Ended ending="tooOld" />, root));
