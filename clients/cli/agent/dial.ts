// Connects a command to the agent: at the address in the variables, or at the address that the agent of this home has written down. A
// command that waits for an agent names it, so that the person knows why it waits.
import { isatty } from "node:tty";
import { type Channel, type Greeting, openChannel } from "../../typescript/channel.ts";
import { AgentNotRunning, UntrustedSocket } from "../../typescript/local-error.ts";
import { oneLine, type Terminal } from "../terminal/terminal.ts";
import { VERSION } from "../version.ts";
import { socketOf } from "./where.ts";
import { isStopped, whereabouts } from "./whereabouts.ts";

/** Milliseconds without an answer after which the command says what it waits for. */
export const SILENT_MS = 2_000;

export const own = { name: "postern", version: VERSION };

const STDERR = 2;

/** The command's greeting to the agent. Where a person reads stderr, it asks for the agent's notices. */
export const greeting = (): Greeting => ({ ...own, ...(isatty(STDERR) ? { notices: true } : {}) });

type Tell = Pick<Terminal, "tell">;

/** Connects to a running agent. Throws AgentNotRunning where none runs. `more` is added to the greeting. */
export async function dialAgent(terminal: Tell, more: Pick<Greeting, "anyProtocol"> = {}): Promise<Channel> {
  const expected = socketOf();
  const greeted = { ...greeting(), ...more };
  try {
    return watched(terminal, await answered(terminal, openChannel(expected, greeted)));
  } catch (error) {
    if (!(error instanceof AgentNotRunning)) throw error;
    const found = whereabouts();
    if (found === undefined || found.socket === expected) throw error;
    const channel = await answered(terminal, openChannel(found.socket, greeted)).catch((other: unknown) => {
      // A killed agent left its file. At that address is nobody, or a program that must not be trusted.
      throw other instanceof UntrustedSocket ? error : other;
    });
    terminal.tell(`postern: the agent of this home listens at ${oneLine(found.socket)}, and not at ${expected}`);
    terminal.tell("  next: set XDG_RUNTIME_DIR (or POSTERN_SOCKET) as where it was started; it is used all the same");
    return watched(terminal, channel);
  }
}

/** Waits for an answer that the agent gives at once. */
async function answered<T>(terminal: Tell, work: Promise<T>): Promise<T> {
  const timer = setTimeout(() => tellWaiting(terminal), SILENT_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}

function tellWaiting(terminal: Tell): void {
  const found = whereabouts();
  if (found === undefined)
    return terminal.tell(`postern: waiting for the agent at ${socketOf()}, which does not answer`);
  const { pid } = found;
  if (!isStopped(pid)) return terminal.tell(`postern: waiting for the agent (process ${pid}), which does not answer`);
  terminal.tell(`postern: waiting for the agent (process ${pid}), which is stopped`);
  terminal.tell(`  next: let it go on with \`kill -CONT ${pid}\`, or end it with \`kill -KILL ${pid}\``);
}

/**
 * Returns the channel after it printed the agent's notices. A call on it says when the agent was stopped meanwhile. Otherwise a person
 * could think that it waits for an approval.
 */
function watched(terminal: Tell, channel: Channel): Channel {
  for (const notice of channel.notices) terminal.tell(`postern: ${oneLine(notice)}`);
  let told = false;
  const look = () => {
    const found = told ? undefined : whereabouts();
    if (found === undefined || !isStopped(found.pid)) return;
    told = true;
    tellWaiting(terminal);
  };
  const call: Channel["call"] = async (method, params, options) => {
    const timer = setInterval(look, SILENT_MS);
    try {
      return await channel.call(method, params, options);
    } finally {
      clearInterval(timer);
    }
  };
  return {
    ...channel,
    call,
    get isOpen() {
      return channel.isOpen;
    },
  };
}
