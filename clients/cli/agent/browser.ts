// Opens a file in the person's browser. xdg-open knows which one that is, and obeys BROWSER.
import { spawn } from "node:child_process";

/** Milliseconds in which a browser that cannot be opened says so. One that opens may stay in the foreground for as long as it runs. */
const REFUSAL_MS = 2_000;

/** Whether a browser took the file. False where there is no display and BROWSER names none: xdg-open would start one in the terminal. */
export function openInBrowser(path: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const isThere = [env.DISPLAY, env.WAYLAND_DISPLAY, env.BROWSER].some((value) => (value ?? "") !== "");
  if (!isThere) return Promise.resolve(false);
  return new Promise((resolve) => {
    // Its own session, so that Ctrl-C at this terminal does not end the browser.
    const child = spawn("xdg-open", [path], { stdio: "ignore", detached: true, env });
    const timer = setTimeout(() => resolve(true), REFUSAL_MS);
    const settle = (took: boolean) => {
      clearTimeout(timer);
      resolve(took);
    };
    child.once("error", () => settle(false));
    child.once("exit", (code) => settle(code === 0));
    child.unref();
  });
}
