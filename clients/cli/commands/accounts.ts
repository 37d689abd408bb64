// accounts: lists the accounts of this agent, and chooses the default one for commands that name none.
import type { Command } from "commander";
import { type Methods, PosternError } from "../../typescript/generated.ts";
import { accountOption } from "../agent/chosen-account.ts";
import { isLocked } from "../agent/of-account.ts";
import { type Agent, connect } from "../agent/session.ts";
import { noAccount } from "../agent/unfinished-restore.ts";
import { unlockFirst } from "../agent/unlocking.ts";
import { demandPerson } from "../agent/with-password.ts";
import { addCommand } from "../context.ts";
import { fromDescriptor } from "../files/secret-input.ts";
import { askSecret, hasTerminal } from "../terminal/ask.ts";
import { oneLine, type Terminal, table } from "../terminal/terminal.ts";

type Session = Methods["agent.status"]["result"]["sessions"][number];
type Listed = Partial<Methods["accounts.list"]["result"]["accounts"][number]> & Pick<Session, "state">;

async function list(terminal: Terminal, { wait }: { wait?: boolean }): Promise<void> {
  demandPerson();
  const agent = await connect(terminal, "person");
  try {
    const { sessions, links } = await agent.call("agent.status", {});
    const noWait = wait === false || !hasTerminal();
    const accounts: Listed[] = [];
    // One after another, since each is a separate question about its own account.
    for (const session of sessions) {
      const service = links.find(({ account }) => account === session.account)?.service;
      const isDefault = sessions.length === 1 || session.default === true;
      const known = { ...(session.account === undefined ? {} : { account: session.account }), state: session.state };
      accounts.push({
        ...known,
        ...(service === undefined ? {} : { service }),
        ...(await named(agent, session, noWait)),
        default: isDefault,
      });
    }
    terminal.result({ accounts }, () => listText(accounts));
  } finally {
    agent.close();
  }
}

/** The facts of an account after a person's yes. None for a locked account, or after a no. */
async function named(
  { channel, isAbout }: Agent,
  { account, state }: Session,
  noWait: boolean,
): Promise<Partial<Listed>> {
  if (account === undefined || state === "locked") return {};
  const own = { integrationName: "postern", integrationVersion: "1" };
  isAbout(`the account ${account}`);
  const { client } = await channel.call("clients.open", { account, ...own });
  try {
    const { accounts } = await channel.call("accounts.list", { client, ...(noWait ? { noWait } : {}) });
    return accounts[0] ?? {};
  } catch (error) {
    if (error instanceof PosternError) return {};
    throw error;
  }
}

function listText(accounts: readonly Listed[]): string {
  if (accounts.length === 0) return "No account is signed in.";
  const rows = accounts.map(({ name, account = "", state, service = "", default: isDefault }) => [
    name === undefined ? "(not told)" : oneLine(name),
    isDefault === true ? "default" : "",
    state,
    service,
    account,
  ]);
  const hidden = accounts.some(({ name }) => name === undefined);
  const note =
    "\nA name is shown once the account is unlocked and a person has allowed this terminal to see it. The emergency kit has name and id too.";
  return `${table(["NAME", "", "STATE", "SERVICE", "ACCOUNT"], rows)}${hidden ? note : ""}`;
}

type DefaultOptions = { passwordFd?: string; defaultPasswordFd?: string };

const secretOf = (descriptor: string | undefined, option: string, question: string): Promise<string> =>
  descriptor === undefined ? askSecret(question, option) : Promise.resolve(fromDescriptor(descriptor, option));

async function setDefault(terminal: Terminal, account: string, options: DefaultOptions): Promise<void> {
  demandPerson();
  const agent = await connect({ ...terminal, account }, "person");
  try {
    const status = await agent.call("agent.status", {});
    if (status.state === "signedOut") throw noAccount(status);
    const present = await secretOf(
      options.defaultPasswordFd,
      "--default-password-fd",
      "Password of the present default account",
    );
    const next = await secretOf(options.passwordFd, "--password-fd", `Password of ${oneLine(account)}`);
    // Typed passwords also unlock. A password from a descriptor is a proof only.
    const asked = options.defaultPasswordFd === undefined && options.passwordFd === undefined;
    if (asked && (await isLocked({ account: undefined, call: agent.channel.call }, status)))
      await unlockFirst(agent, present, undefined);
    if (asked && (await isLocked(agent, status))) await unlockFirst(agent, next, agent.account);
    const chosen = await agent.call("accounts.setDefault", {
      account,
      proof: { kind: "password", password: present },
      newProof: { kind: "password", password: next },
    });
    terminal.result(chosen, () => `${oneLine(chosen.name)} is the default account now.`);
  } finally {
    agent.close();
  }
}

export function addAccountsCommands(program: Command): void {
  const accounts = addCommand<{ wait?: boolean }>(
    program,
    "accounts",
    `list the accounts on this agent; ${accountOption[0].split(" ")[0]} chooses one for a command`,
    "postern accounts",
    [["--no-wait", "show names only where nobody has to be asked"]],
    (terminal, _args, options) => list(terminal, options),
  ).alias("account");
  addCommand<DefaultOptions>(
    accounts,
    "default <account>",
    "choose the account that commands work on without --account; its password and the present one's are the proof",
    "postern accounts default Work",
    [
      ["--password-fd <n>", "read the password of the account that is chosen from this file descriptor"],
      ["--default-password-fd <n>", "read the password of the present default account from this file descriptor"],
    ],
    (terminal, [account = ""], options) => setDefault(terminal, account, options),
  );
}
