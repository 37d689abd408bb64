// The page behind a share's link: static files, the same for every share. A request for it spends nothing and shows nothing. A link
// preview, a proxy or a stranger finds no secret here; the fragment of the link stays in the browser.
import type { Context, Env, Hono } from "hono";
import { isId } from "../../protocol/crypto/encoding.ts";

/** The built page: one document, and the files that it loads, by name. */
export type PageFiles = { readonly document: string; readonly assets: ReadonlyMap<string, string> };

/**
 * The page runs this origin's script and style only. libsodium is WebAssembly, which the policy names on its own. No frame may hold
 * the page (clickjacking of "Show"). No form or base element of injected markup can send anything away.
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const headers = {
  "content-security-policy": PAGE_POLICY,
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  // The path holds the share's id; no other site needs to learn it.
  "referrer-policy": "no-referrer",
  // A window that opened the page, or that the page opens, shares no process and no handle with it.
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), clipboard-read=()",
  "x-robots-tag": "noindex, nofollow",
};

const types: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};

/** Serves `/s/<share>` and the files of the page. Calls `page` once, at the first request. After a failure it reports it and calls again. */
export function addSharePage<E extends Env>(
  app: Hono<E>,
  page: () => Promise<PageFiles>,
  onUnforeseen: (thrown: unknown) => void,
): void {
  let built: Promise<PageFiles> | undefined;
  const files = () => {
    built ??= page().catch((thrown: unknown) => {
      built = undefined;
      throw thrown;
    });
    return built;
  };
  app.onError((thrown, c) => {
    onUnforeseen(thrown);
    return c.text("The page could not be made.", 500, headers);
  });
  app.get("/s/assets/:name", async (c) => {
    const name = c.req.param("name");
    const content = (await files()).assets.get(name);
    const type = types[name.split(".").at(-1) ?? ""];
    if (content === undefined || type === undefined) return c.text("There is no such file.", 404, headers);
    return c.body(content, 200, { ...headers, "content-type": type });
  });
  const document = async (c: Context, status: 200 | 404) =>
    c.body((await files()).document, status, { ...headers, "content-type": "text/html; charset=utf-8" });
  // Every text in the form of an id gets the page: only a person with the link may learn that a share exists.
  app.get("/s/:share", (c) => document(c, isId(c.req.param("share")) ? 200 : 404));
  // A person with a link that was cut reads that it is not whole. Programs ask for no page.
  app.get("*", (c, next) => (c.req.header("accept")?.includes("text/html") ? document(c, 404) : next()));
}
