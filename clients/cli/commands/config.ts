// config: shows and changes the settings of an account on this device.
import type { Command } from "commander";
import { logDays as daysOfLog } from "../../typescript/generated-limits.ts";
import {
  type Approvers,
  approversWords,
  parseApprovers,
  type Unavailable,
  unavailableLines,
} from "../agent/approvers.ts";
import { IDLE_LOCKS, type IdleLock, idleLockWords, parseIdleLock } from "../agent/idle-lock.ts";
import { accountWords, withAccount } from "../agent/of-account.ts";
import { type Agent, connect } from "../agent/session.ts";
import { noAccount } from "../agent/unfinished-restore.ts";
import { demandPerson, withPassword } from "../agent/with-password.ts";
import { addCommand } from "../context.ts";
import { passwordFd } from "../files/secret-input.ts";
import { UsageError } from "../terminal/exit-code.ts";
import type { Terminal } from "../terminal/terminal.ts";

type Settings = {
  readonly idleLock: IdleLock;
  readonly approvers?: Approvers;
  readonly logDays?: number;
  /** Absent where the status does not tell it. */
  readonly unavailable?: Unavailable;
};

/** The settings of the account. */
async function show(terminal: Terminal): Promise<void> {
  const settings = await settingsNow(terminal);
  const { approvers, logDays, unavailable } = settings;
  terminal.result(settings, () =>
    [
      `idle-lock  ${idleLockWords(settings.idleLock)}`,
      ...(approvers === undefined ? [] : [`approvers  ${approversWords(approvers)}`]),
      ...unavailableLines(unavailable).map((line) => `           ${line}`),
      ...(logDays === undefined ? [] : [`log-days   ${logDays}`]),
    ].join("\n"),
  );
}

/** Where the status does not say which of several accounts has the typed name, a person is asked like for `whoami`. */
async function settingsNow(terminal: Terminal): Promise<Settings> {
  demandPerson();
  const agent = await connect(terminal, "person");
  try {
    const found: Partial<Settings> | undefined =
      (await fromStatus(agent)) ?? (await agent.call("accounts.list", {})).accounts[0];
    if (found?.idleLock === undefined)
      throw new UsageError("the running agent has no settings", "run `postern agent restart`");
    const { idleLock, approvers, logDays, unavailable } = found;
    return {
      idleLock,
      ...(approvers === undefined ? {} : { approvers }),
      ...(logDays === undefined ? {} : { logDays }),
      ...(unavailable === undefined ? {} : { unavailable }),
    };
  } finally {
    agent.close();
  }
}

/** What the agent tells this installation without a question. */
async function fromStatus(agent: Agent) {
  const status = await agent.call("agent.status", {});
  if (status.state === "signedOut") throw noAccount(status);
  const [only, ...others] = status.sessions;
  const found =
    others.length === 0 && agent.account === undefined
      ? only
      : status.sessions.find((one) => (agent.account === undefined ? one.default : one.account === agent.account));
  return found?.idleLock === undefined ? undefined : found;
}

/** Without a value it shows the present one. */
async function approvers(
  terminal: Terminal,
  typed: string | undefined,
  options: { passwordFd?: string },
): Promise<void> {
  if (typed === undefined) {
    const { approvers: present, unavailable } = await settingsNow(terminal);
    if (present === undefined)
      throw new UsageError("the running agent asks nobody by itself", "run `postern agent restart`");
    return terminal.result({ approvers: present, ...(unavailable === undefined ? {} : { unavailable }) }, () =>
      [approversWords(present), ...unavailableLines(unavailable)].join("\n"),
    );
  }
  const chosen = parseApprovers(typed, "config approvers");
  return withPassword(terminal, options, async (agent, password, words) => {
    await agent.call("accounts.setApprovers", { approvers: chosen, password });
    terminal.result(
      { approvers: chosen },
      () =>
        `${withAccount("The order of approvers", words)} is ${approversWords(chosen)} on this machine${chosen.length === 0 ? ": the agent asks nobody itself, and programs wait for `postern approve`" : ""}.`,
    );
  });
}

async function setIdleLock(terminal: Terminal, typed: string, options: { passwordFd?: string }): Promise<void> {
  const idleLock = parseIdleLock(typed, "config idle-lock");
  const set = async (agent: Agent, password: string | undefined, words: string | undefined) => {
    await agent.call("accounts.setIdleLock", { idleLock, ...(password === undefined ? {} : { password }) });
    terminal.result(
      { idleLock },
      () => `${withAccount("The idle lock", words)} is ${idleLockWords(idleLock)} on this machine.`,
    );
  };
  // The shortest needs no proof, whatever is set.
  if (idleLock !== "tenMinutes") return withPassword(terminal, options, set);
  demandPerson();
  const agent = await connect(terminal, "person");
  try {
    await set(agent, undefined, accountWords(agent.account, await agent.call("agent.status", {})));
  } finally {
    agent.close();
  }
}

/** Reads a number of days. Throws UsageError for anything else. */
function parseLogDays(typed: string): number {
  const days = /^\d{1,6}$/.test(typed.trim()) ? Number(typed) : Number.NaN;
  if (days >= daysOfLog.min && days <= daysOfLog.max) return days;
  throw new UsageError(
    `config log-days takes a number of days from ${daysOfLog.min} to ${daysOfLog.max}`,
    "for one, config log-days 365",
  );
}

/** Without a value it shows the present one. */
async function logDays(terminal: Terminal, typed: string | undefined, options: { passwordFd?: string }): Promise<void> {
  if (typed === undefined) {
    const { logDays: present } = await settingsNow(terminal);
    if (present === undefined)
      throw new UsageError("the running agent does not tell it", "run `postern agent restart`");
    return terminal.result({ logDays: present }, () => String(present));
  }
  const chosen = parseLogDays(typed);
  return withPassword(terminal, options, async (agent, password, words) => {
    await agent.call("accounts.setLogDays", { logDays: chosen, password });
    terminal.result(
      { logDays: chosen },
      () => `${withAccount("The log", words)} keeps its records for ${chosen} days on this machine.`,
    );
  });
}

/** Adds `postern config …`. */
export function addConfigCommands(program: Command): void {
  const config = addCommand(
    program,
    "config",
    "show the account's settings on this machine",
    "postern config --json",
    [],
    (terminal) => show(terminal),
  );
  addCommand<{ passwordFd?: string }>(
    config,
    `idle-lock <${IDLE_LOCKS}>`,
    "set the time without use after which the account locks; a longer one needs the account password",
    "postern config idle-lock 8h",
    [passwordFd],
    (terminal, [typed = ""], options) => setIdleLock(terminal, typed, options),
  );
  addCommand<{ passwordFd?: string }>(
    config,
    "approvers [order]",
    "show or set where the agent itself asks: app, polkit, window and terminal in your order, some of them, or off; setting it needs the account password",
    "postern config approvers terminal,window",
    [passwordFd],
    (terminal, [typed], options) => approvers(terminal, typed, options),
  );
  addCommand<{ passwordFd?: string }>(
    config,
    "log-days [days]",
    `show or set for how many days the log keeps its records, from ${daysOfLog.min} to ${daysOfLog.max}; setting it needs the account password`,
    "postern config log-days 365",
    [passwordFd],
    (terminal, [typed], options) => logDays(terminal, typed, options),
  );
}
