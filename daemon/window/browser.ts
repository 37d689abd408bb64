// Opens a redirect file in the person's browser: after a click on a notification, where the desktop shows those, or at once. A window that pops up by itself
// takes the keys that a person types elsewhere.
import { spawn } from "node:child_process";
import { trustedProgram, UntrustedProgram } from "../approval/trusted-program.ts";
import { childEnvironment } from "../host/environment.ts";

/** The programs of the machine. Tests name others. */
export type Browsers = { readonly opener: string; readonly notifier: string };

export const browsers: Browsers = { opener: "/usr/bin/xdg-open", notifier: "/usr/bin/notify-send" };

/** The agent's own variables that a desktop's programs need. None of an asker's is among them: a rogue BROWSER leads nowhere. */
const variables = [
  "HOME",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "XAUTHORITY",
  "XDG_RUNTIME_DIR",
  "XDG_CONFIG_HOME",
  "XDG_DATA_HOME",
  "DBUS_SESSION_BUS_ADDRESS",
];

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a browser was asked to open the file. False where none can be, and where the person dismissed the notification. */
export async function showInBrowser(
  { opener, notifier }: Browsers,
  { file, code, env, signal }: { file: string; code: string; env: Environment; signal: AbortSignal },
): Promise<boolean> {
  const clicked = await notified(notifier, code, env, signal);
  if (clicked === "dismissed" || signal.aborted) return false;
  return opens(opener, file, env);
}

/** `none` where the desktop shows no notifications. Nothing in one is the asker's: its text is markup, and another screen may show it. */
async function notified(
  notifier: string,
  code: string,
  env: Environment,
  signal: AbortSignal,
): Promise<"clicked" | "dismissed" | "none"> {
  if ((env.DBUS_SESSION_BUS_ADDRESS ?? "") === "") return "none";
  const words = [
    "--app-name=Postern",
    "--action=default=Open",
    "--wait",
    "A program asks for a secret",
    `Code ${code}`,
  ];
  const said = await ran(notifier, words, env, signal);
  if (said === undefined || said.code !== 0) return signal.aborted ? "dismissed" : "none";
  return said.out.trim() === "default" ? "clicked" : "dismissed";
}

/** The agent's file mode mask would be the browser's too, and with it that of every file that the person saves. */
async function opens(opener: string, file: string, env: Environment): Promise<boolean> {
  const real = trusted(opener);
  if (real === undefined) return false;
  const said = await ran("/bin/sh", ["-c", 'umask 022 && exec "$@"', "sh", real, file], env);
  return said?.code === 0;
}

/** The end of a program. Undefined where it is not only root's to change, or did not start. A browser may stay for as long as it runs. */
function ran(
  path: string,
  words: readonly string[],
  env: Environment,
  signal?: AbortSignal,
): Promise<{ code: number | null; out: string } | undefined> {
  const real = trusted(path);
  if (real === undefined || signal?.aborted === true) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const child = spawn(real, words, {
      cwd: "/",
      env: { ...childEnvironment, ...picked(env) },
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    });
    // An error that nobody listens to would end the agent, so this comes first.
    child.once("error", () => settle(undefined));
    let out = "";
    // Without a free file descriptor there is no pipe, whatever the types say. Then the error follows.
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      out = (out + text).slice(0, OUT_LENGTH_MAX);
    });
    const kill = () => void child.kill();
    signal?.addEventListener("abort", kill, { once: true });
    const settle = (said: { code: number | null; out: string } | undefined) => {
      signal?.removeEventListener("abort", kill);
      resolve(said);
    };
    child.once("exit", (code) => settle({ code, out }));
    // It does not keep the agent from ending.
    child.unref();
  });
}

/** Characters that are read of what such a program prints: the name of an action. */
const OUT_LENGTH_MAX = 64;

function trusted(path: string): string | undefined {
  try {
    return trustedProgram(path);
  } catch (error) {
    if (error instanceof UntrustedProgram) return undefined;
    throw error;
  }
}

function picked(env: Environment): Record<string, string> {
  return Object.fromEntries(variables.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
