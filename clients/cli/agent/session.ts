// Every command that needs the agent uses this: it connects (and starts the agent), unlocks where a person is there, and shows the match code
// while a person must approve.

import type { CallOptions, Channel } from "../../typescript/channel.ts";
import { type Methods, PosternError, takesAccount, takesClient } from "../../typescript/generated.ts";
import { AgentNotRunning } from "../../typescript/local-error.ts";
import { UsageError } from "../terminal/exit-code.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { withHint } from "../terminal/with-hint.ts";
import { dialAgent, greeting, own } from "./dial.ts";
import { watchInstallation } from "./installation.ts";
import { accountWords, namingAccount, sentence } from "./of-account.ts";
import { watchPrompts } from "./own-prompts.ts";
import { demandNoEmptyToken, tokenOf } from "./token.ts";

export type Agent = {
  call<M extends keyof Methods>(
    method: M,
    params: Methods[M]["params"],
    options?: CallOptions,
  ): Promise<Methods[M]["result"]>;
  readonly channel: Channel;
  /** The client that a token opened. Undefined where the command works on a person's account. */
  readonly client: string | undefined;
  /** The chosen account of a person, by name or id. Undefined for the default one. */
  readonly account: string | undefined;
  /** Prints a message for the person. */
  readonly tell: (text: string) => void;
  /** Names another account in the notice about a prompt, for the next calls. */
  isAbout(words: string | undefined): void;
  close(): void;
};

/**
 * The principal of a command: the service account whose token is set, where there is one, or always the person. A person's command does not
 * present a token, so that a wrong one cannot end it.
 */
export type Who = "token or person" | "person";

/** Connects. `tell` gets the match codes of prompts that this command waits for. */
export async function connect(terminal: Terminal, who: Who = "token or person"): Promise<Agent> {
  const token = who === "person" ? undefined : tokenOf(process.env);
  if (who !== "person" && token === undefined) demandNoEmptyToken(process.env);
  const { account } = terminal;
  // The variable gives way to a token, since it may be set in a shell's profile. The option is meant for this one command.
  if (token !== undefined && terminal.chosenBy === "option") throw accountBesideToken(token.variable);
  const channel = await connectOrStart(terminal);
  const installation = watchInstallation(terminal, channel);
  let about: string | undefined;
  watchPrompts(terminal, channel, {
    account,
    installation,
    words: async () =>
      token === undefined ? (about ?? accountWords(account, await channel.call("agent.status", {}))) : undefined,
  });
  await channel.call("agent.subscribe", {});
  const client = token === undefined ? undefined : await openClient(channel, token);
  let chosen: Promise<string> | undefined;
  /** The client for the chosen account. The first call that needs one opens it. */
  const ownClient = async (): Promise<string | undefined> => {
    if (client !== undefined || account === undefined) return client;
    chosen ??= channel.call("clients.open", { account, ...integration }).then((opened) => opened.client);
    return chosen;
  };
  return {
    call: async (method, params, options) => {
      try {
        const named = await inAccount(method, params, account, ownClient);
        return await channel.call(method, named, options);
      } catch (error) {
        await installation.failed(error);
        if (!(error instanceof PosternError) || error.errorName !== "signedOut")
          throw client === undefined ? await namingAccount(error, account, channel) : error;
        // Loaded only now, since most commands find their account.
        const { noAccount } = await import("./unfinished-restore.ts");
        throw noAccount(await channel.call("agent.status", {}));
      }
    },
    channel,
    client,
    account: token === undefined ? account : undefined,
    tell: terminal.tell,
    isAbout: (words) => {
      about = words;
    },
    close: () => channel.close(),
  };
}

/** This command, as the agent lists it. */
export const integration = { integrationName: own.name, integrationVersion: own.version };

/** The parameters with the chosen account, where they do not name another. */
export async function inAccount<P extends object>(
  method: string,
  params: P,
  account: string | undefined,
  ownClient: () => Promise<string | undefined>,
): Promise<P> {
  if (takesAccount.has(method)) return account === undefined ? params : { account, ...params };
  if (!takesClient.has(method)) return params;
  const client = await ownClient();
  return client === undefined ? params : { client, ...params };
}

/** The error where the command line names a person's account while a token is set. */
function accountBesideToken(variable: string): UsageError {
  return new UsageError(
    `--account names a person's account, and the service account's token in ${variable} has one of its own`,
    `leave out --account, or unset ${variable} to work on the person's account`,
  );
}

/** A client for the token in the environment. */
async function openClient(
  channel: Channel,
  found: NonNullable<ReturnType<typeof tokenOf>>,
): Promise<string | undefined> {
  try {
    return (await channel.call("clients.open", { token: found.token, ...integration })).client;
  } catch (error) {
    channel.close();
    throw naming(found.variable, error);
  }
}

/** Names the variable of a refused token, since a person may have forgotten that it is set. */
function naming(variable: string, error: unknown): unknown {
  if (!(error instanceof PosternError)) return error;
  const { errorName, hint, message } = error;
  if (errorName !== "tokenInvalid" && errorName !== "tokenRefused") return error;
  const unset = `set ${variable} to a token that \`postern service-account create\` printed, or unset it to work on your own account`;
  return withHint(error, errorName === "tokenRefused" ? hint : unset, `${variable}: ${message}`);
}

/** Connects to the agent, starting it first where none runs. */
async function connectOrStart(terminal: Terminal): Promise<Channel> {
  try {
    return await dialAgent(terminal);
  } catch (error) {
    if (!(error instanceof AgentNotRunning)) throw error;
  }
  // Loaded only now. For a read, loading this costs as much as all the rest.
  return (await import("./start-agent.ts")).startAgent(greeting());
}

/** Runs `work`. Where the account is locked and a person is at the terminal, asks for the password first. */
export async function unlocked<T>(agent: Agent, work: () => Promise<T>): Promise<T> {
  let ask: typeof import("../terminal/ask.ts");
  try {
    return await work();
  } catch (error) {
    const locked = error instanceof PosternError && error.errorName === "locked";
    // A token is presented and not typed. A password does not help its holder.
    if (!locked || agent.client !== undefined) throw error;
    // Loaded only now, since most reads need no question, and the library for questions is large.
    ask = await import("../terminal/ask.ts");
    if (!ask.hasTerminal()) throw error;
  }
  const words = accountWords(agent.account, await agent.call("agent.status", {})) ?? "the account";
  const password = await ask.askSecret(`${sentence(words)} is locked. Account password`);
  const { unlockFirst } = await import("./unlocking.ts");
  await unlockFirst(agent, password, agent.account);
  return work();
}

/** Connects, runs, closes. */
export async function withAgent<T>(
  terminal: Terminal,
  work: (agent: Agent) => Promise<T>,
  who: Who = "token or person",
): Promise<T> {
  const agent = await connect(terminal, who);
  try {
    return await unlocked(agent, () => work(agent));
  } finally {
    agent.close();
  }
}

/** The options, with the vault that they must name. */
export function demandVault<O extends { vault?: string }>(options: O): O & { vault: string } {
  if (options.vault === undefined) throw new UsageError("--vault is required", "`postern vault list` shows them");
  return options as O & { vault: string };
}
