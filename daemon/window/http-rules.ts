// Which HTTP requests the page's door takes. Any website can make the browser send requests to this machine, and any program can serve a page on another
// port of it. So a request must name our host, and one that can do something must come from our own page.
import type { IncomingMessage } from "node:http";

/** The name of the page's host. Browsers lead every name under .localhost to this machine (RFC 6761, section 6.3). */
export const HOST_NAME = "postern.localhost";

/** The status of a refusal, and the rule. */
export type Refusal = { readonly status: number; readonly rule: string };

type Request = Pick<IncomingMessage, "method" | "headers">;

/** Why a request is refused. Undefined where it is taken. `host` is our name with the port. */
export function refusalOf({ method, headers }: Request, host: string): Refusal | undefined {
  // Against DNS rebinding: a website's own name can be made to lead here, and the browser then takes us for that website.
  if (headers.host !== host) return { status: 421, rule: "another host" };
  if (method === "GET") return undefined;
  if (method !== "POST") return { status: 405, rule: "another method" };
  // A page on another port of this machine is same-site, so nothing but the whole origin tells it from ours.
  if (headers.origin !== `http://${host}`) return { status: 403, rule: "another origin" };
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") return { status: 403, rule: "another site" };
  // A form cannot send this type, and a script of another origin must ask for it first (CORS), which nobody answers.
  if (headers["content-type"] !== "application/json") return { status: 415, rule: "another content type" };
  return undefined;
}

/** On every answer: nothing is kept, nothing is framed, nothing is loaded from elsewhere, and no script but ours runs. */
export const answerHeaders: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "publickey-credentials-create=(self), publickey-credentials-get=(self)",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};
