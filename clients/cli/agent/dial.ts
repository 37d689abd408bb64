// How a command comes to the agent: where the variables say, else where the agent of this home says that it listens. One that
// does not answer is named, so that nobody waits without knowing for whom.
import { isatty } from "node:tty";
import { type Channel, type Greeting, openChannel } from "../../typescript/channel.ts";
import { AgentNotRunning, UntrustedSocket } from "../../typescript/local-error.ts";
import { oneLine, type Terminal } from "../terminal/terminal.ts";
import { VERSION } from "../version.ts";
import { socketOf } from "./where.ts";
import { isStopped, whereabouts } from "./whereabouts.ts";

/** Milliseconds without an answer after which a person is told whom the command waits for. */
export const SILENT_MS = 2_000;

export const own = { name: "postern", version: VERSION };

const STDERR = 2;

/** How this command greets the agent: where a person reads what is told, it takes what the agent has for one. */
export const greeting = (): Greeting => ({ ...own, ...(isatty(STDERR) ? { notices: true } : {}) });

type Tell = Pick<Terminal, "tell">;

/** Connects to an agent that runs. Throws AgentNotRunning where none does. `more` is added to the greeting. */
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
      // A file that an agent left which was killed: nobody is there, or somebody whom we do not trust.
      throw other instanceof UntrustedSocket ? error : other;
    });
    terminal.tell(`postern: the agent of this home listens at ${oneLine(found.socket)}, and not at ${expected}`);
    terminal.tell("  next: set XDG_RUNTIME_DIR (or POSTERN_SOCKET) as where it was started; it is used all the same");
    return watched(terminal, channel);
  }
}

/** Waits for what the agent is to answer at once. */
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
 * The channel, once what the agent had for a person is told. Its calls say when the agent is stopped under them: what they wait for
 * else may be a person.
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
