// init, signin, passwd, pin, kit: the account on this machine.

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { type Methods, PosternError } from "../../typescript/generated.ts";
import { accountLimits } from "../../typescript/generated-limits.ts";
import { parseApprovers } from "../agent/approvers.ts";
import { type Beside, besideLine, besideOption, besideProof, placed } from "../agent/beside.ts";
import { type DeviceNameOption, deviceNameOf, deviceNameOption } from "../agent/device-name.ts";
import { askIdleLock, IDLE_LOCKS, type IdleLock, parseIdleLock } from "../agent/idle-lock.ts";
import { EMBEDDED, kitText, parseKit, readKit, writeKit } from "../agent/kit.ts";
import { onAccount } from "../agent/next-step.ts";
import { withAccount } from "../agent/of-account.ts";
import { strengthHint } from "../agent/password-strength.ts";
import { type Agent, connect } from "../agent/session.ts";
import { abandonOption, demandNoRestore } from "../agent/unfinished-restore.ts";
import { homeOf } from "../agent/where.ts";
import { withPassword } from "../agent/with-password.ts";
import { addCommand } from "../context.ts";
import { type CaFile, caFile, keepAuthorities } from "../files/ca-file.ts";
import { type Force, forceOption } from "../files/new-file.ts";
import { demandRoomFor, type OutFile, openOutFile } from "../files/out-file.ts";
import { accountPassword, fromDescriptor, passwordFd } from "../files/secret-input.ts";
import { GUESSED_PIN, loadPinGuessing, type PinGuessing } from "../generated-guessed-pin.ts";
import { leftAccount } from "../left-account.ts";
import { askSecret, askText, hasTerminal } from "../terminal/ask.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { oneLine, type Terminal } from "../terminal/terminal.ts";
import { withHint } from "../terminal/with-hint.ts";
import { addLockingCommands } from "./locking.ts";

const { passwordMin: PASSWORD_LENGTH_MIN, pinMin: PIN_LENGTH_MIN } = accountLimits;

type InitOptions = DeviceNameOption &
  Beside & {
    name?: string;
    passwordFd?: string;
    pinFd?: string;
    pin?: boolean;
    idleLock?: string;
    approvers?: string;
    kit?: string;
    service?: string;
    registrationTokenFd?: string;
    abandonRestore?: boolean;
  } & CaFile;

/** Makes an account, guided at a terminal. Fulfilled when its kit is in a file. */
export async function init(terminal: Terminal, options: InitOptions): Promise<void> {
  const givenLock = options.idleLock === undefined ? undefined : parseIdleLock(options.idleLock, "--idle-lock");
  const approvers =
    options.approvers === undefined ? {} : { approvers: parseApprovers(options.approvers, "--approvers") };
  keepAuthorities(options);
  const called = deviceNameOf(options);
  const agent = await connect(terminal, "person");
  try {
    const status = await agent.call("agent.status", {});
    demandPlace(status, options);
    const left = status.state === "signedOut" ? leftAccount() : undefined;
    if (left !== undefined) terminal.tell(`postern: ${left}. This makes another account.`);
    const kitPath = options.kit ?? join(homeOf(), "emergency-kit.txt");
    if (existsSync(kitPath))
      throw new UsageError(
        `the file ${kitPath} for the emergency kit exists already`,
        "name another one with --kit FILE",
      );
    const beside = await besideProof(terminal, agent, status, options);
    const registrationToken = await registrationTokenFor(agent, options, beside);
    // The kit's file is begun first. Without a place for its Secret Key, the account would be lost with this machine.
    const file = openOutFile(kitPath, false);
    const kit = await personsPart(terminal, options, givenLock, status.hearsScreen === true)
      .then((chosen) =>
        placed(
          agent.call("accounts.create", {
            ...chosen,
            ...approvers,
            ...called,
            ...beside,
            ...(options.service === undefined ? {} : { service: options.service }),
            ...(registrationToken === undefined ? {} : { registrationToken }),
            ...abandoning(options),
          }),
        ),
      )
      .catch((error: unknown) => {
        file.abandon();
        throw withTokenHint(error);
      });
    const name = besideName(kit, beside);
    keepKit(file, kit, name);
    terminal.result(
      { account: kit.account, user: kit.user, name: kit.name, service: kit.service, kit: kitPath },
      () => onAccount(name, created(terminal, kit, kitPath)) + besideLine(name),
    );
  } finally {
    agent.close();
  }
}

/** The person's choices. Values from descriptors are checked before the first question. */
async function personsPart(
  terminal: Terminal,
  options: InitOptions,
  givenLock: IdleLock | undefined,
  hearsScreen: boolean,
) {
  const given = options.passwordFd === undefined ? undefined : await newPassword(terminal, options.passwordFd);
  const givenPin = options.pinFd === undefined ? undefined : { pin: await newPin(terminal, options, [options.name]) };
  const name = options.name ?? (await askText("Account name", process.env.USER ?? ""));
  const password = given ?? (await newPassword(terminal, undefined));
  const { pin } = givenPin ?? { pin: await newPin(terminal, options, [name]) };
  const idleLock = givenLock ?? (await chosenIdleLock(options, hearsScreen));
  return { name, password, ...(pin === undefined ? {} : { pin }), ...(idleLock === undefined ? {} : { idleLock }) };
}

/** The person's choice. A script that gives the password is not asked, and its account locks after ten minutes. */
const chosenIdleLock = async ({ passwordFd }: InitOptions, hearsScreen: boolean) =>
  passwordFd === undefined ? askIdleLock(hearsScreen) : undefined;

/** The name of an account that came beside another one, for the commands that work on it. */
const besideName = ({ name }: { name: string }, { proof }: BesideProof) => (proof === undefined ? undefined : name);

/** The account exists by now. The message says so, and how to get its kit. */
function keepKit(file: OutFile, kit: Methods["accounts.kit"]["result"], name: string | undefined): void {
  try {
    writeKit(file, kit);
  } catch (error) {
    file.abandon();
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(
      `the account is ready, but its emergency kit was not written: ${error.message}`,
      onAccount(name, "run `postern kit --out-file FILE` now: without it nobody can open the account elsewhere"),
    );
  }
}

type BesideProof = Awaited<ReturnType<typeof besideProof>>;
type Registration = { service?: string; registrationTokenFd?: string };

const TOKEN_QUESTION = "Registration token (the service printed it at its first start)";

const TOKEN_OPTION = "--registration-token-fd";
const TOKEN_HINT =
  "the service prints the token at its first start (where it is lost: remove registration.sha256 from the service's folder, and start it again); give it as --registration-token-fd 3 3< file";

const { registrationToken: TOKEN_LENGTH_MAX } = accountLimits;

/** The fault in the form of a registration token, for example of one from an empty file or a whole log. */
function tokenFault(token: string): string | undefined {
  if (token.trim() === "") return "is empty";
  if (token.length > TOKEN_LENGTH_MAX) return `is longer than ${TOKEN_LENGTH_MAX} characters, so it is no such token`;
  return /\s/.test(token) ? "has a space or a line end in it, so it is more than the token" : undefined;
}

function givenToken(descriptor: string): string {
  const token = fromDescriptor(descriptor, TOKEN_OPTION);
  const fault = tokenFault(token);
  if (fault !== undefined) throw new UsageError(`the registration token given to ${TOKEN_OPTION} ${fault}`, TOKEN_HINT);
  return token;
}

/**
 * Finds out what the service asks for, before anything is typed. A token that the service does not take is refused before the next question.
 * Throws UsageError, notPermitted, offline, serviceRefused.
 */
async function registrationTokenFor(agent: Agent, { service, registrationTokenFd }: Registration, beside: BesideProof) {
  const given = registrationTokenFd === undefined ? undefined : givenToken(registrationTokenFd);
  if (service === undefined) {
    if (given === undefined) return undefined;
    throw new UsageError(
      `${TOKEN_OPTION} is for an account on a service`,
      "name that with --service URL, or leave it out",
    );
  }
  const { registration } = await agent.call("accounts.serviceInfo", { service, ...beside });
  if (registration === "open") return undefined;
  const token = given ?? (await askSecret(TOKEN_QUESTION, TOKEN_OPTION, tokenFault));
  await demandTaken(agent, { service, registrationToken: token, ...beside });
  return token;
}

async function demandTaken(agent: Agent, asked: Methods["accounts.serviceInfo"]["params"]): Promise<void> {
  await agent.call("accounts.serviceInfo", asked).catch((error: unknown) => {
    throw withTokenHint(error);
  });
}

/** The same for a restore. Continuing one needs no token. Without a terminal the service reports a missing token. */
export async function restoringTokenFor(
  agent: Agent,
  { service, registrationTokenFd }: Registration,
  beside: BesideProof,
) {
  const given = registrationTokenFd === undefined ? undefined : givenToken(registrationTokenFd);
  if (service === undefined) return given;
  // Replacing an account gives no proof for this question. The service then reports a missing token.
  const isFree = (await agent.call("agent.status", {})).state === "signedOut" || beside.proof !== undefined;
  if (!isFree) return given;
  if (given !== undefined) await demandTaken(agent, { service, registrationToken: given, ...beside });
  if (given !== undefined || !hasTerminal()) return given;
  const { registration } = await agent.call("accounts.serviceInfo", { service, ...beside });
  if (registration === "open") return undefined;
  const question = `${TOKEN_QUESTION}; Enter where a restore that was cut off goes on`;
  const typed = await askSecret(question, TOKEN_OPTION, () => undefined);
  if (typed === "") return undefined;
  await demandTaken(agent, { service, registrationToken: typed, ...beside });
  return typed;
}

function withTokenHint(error: unknown): unknown {
  if (!(error instanceof PosternError) || error.errorName !== "notPermitted") return error;
  return withHint(error, TOKEN_HINT);
}

function created(terminal: Terminal, kit: Methods["accounts.kit"]["result"], path: string): string {
  const shown = process.stdout.isTTY === true ? `\n${kitText(kit)}\n` : "\n";
  return `${terminal.good("The account is ready and unlocked.")}${shown}The emergency kit with the Secret Key is in ${path} (only you can read it).\nMove it off this machine: without it and the password nobody, you included, can open the account elsewhere.${kit.service === EMBEDDED ? "\nThe account itself is on this machine alone: `postern backup FILE` makes a copy of it." : ""}`;
}

async function newPassword(
  terminal: Terminal,
  descriptor: string | undefined,
  what = "Account password",
  option = "--password-fd",
): Promise<string> {
  const check = (value: string) =>
    value.length < PASSWORD_LENGTH_MIN ? `at least ${PASSWORD_LENGTH_MIN} characters` : undefined;
  if (descriptor !== undefined) {
    const given = fromDescriptor(descriptor, option);
    const wrong = check(given);
    if (wrong !== undefined) throw new UsageError(`the account password needs ${wrong}`, "choose a longer one");
    return given;
  }
  for (;;) {
    const password = await askSecret(`${what}, ${PASSWORD_LENGTH_MIN} characters or more`, option, check);
    terminal.tell(`  ${await strengthHint(password)}`);
    if ((await askSecret("The same again")) === password) return password;
    terminal.tell("  they differ; once more");
  }
}

type PinOptions = { pinFd?: string; pin?: boolean; passwordFd?: string };

/** A new PIN, or undefined for none. `names` are those of the person, which are guessed first. The agent checks it all again. */
async function newPin(
  terminal: Terminal,
  options: PinOptions,
  names: readonly (string | undefined)[] = [],
): Promise<string | undefined> {
  if (options.pin === false) return undefined;
  const isGuessed = await loadPinGuessing([...names, process.env.USER].filter((name) => name !== undefined));
  const check = (value: string) => pinFault(value, isGuessed);
  const pin =
    options.pinFd !== undefined
      ? fromDescriptor(options.pinFd, "--pin-fd")
      : options.passwordFd !== undefined && !hasTerminal()
        ? ""
        : await askPin(terminal, check);
  const wrong = check(pin);
  if (wrong !== undefined) throw new UsageError(`the approval PIN ${wrong}`, GUESSED_PIN.hint);
  return pin === "" ? undefined : pin;
}

function pinFault(pin: string, isGuessed: PinGuessing): string | undefined {
  if (pin === "") return undefined;
  if (pin.length < PIN_LENGTH_MIN) return `needs at least ${PIN_LENGTH_MIN} characters, or none`;
  return isGuessed(pin) ? `is ${GUESSED_PIN.fault}` : undefined;
}

async function askPin(terminal: Terminal, check: (value: string) => string | undefined): Promise<string> {
  for (;;) {
    const what = `Approval PIN, ${PIN_LENGTH_MIN} characters or more (Enter for none: then the password approves)`;
    const pin = await askSecret(what, "--pin-fd or --no-pin", (value) => {
      const wrong = check(value);
      return wrong === undefined ? undefined : `this PIN ${wrong}`;
    });
    if (pin === "" || (await askSecret("The same again")) === pin) return pin;
    terminal.tell("  they differ; once more");
  }
}

const abandoning = ({ abandonRestore }: { abandonRestore?: boolean }) =>
  abandonRestore === true ? { abandonRestore } : {};

type SignInOptions = DeviceNameOption &
  Beside &
  CaFile & {
    kit?: string;
    passwordFd?: string;
    pinFd?: string;
    pin?: boolean;
    service?: string;
    abandonRestore?: boolean;
  };

const NOT_HERE =
  "check both; and an account that was made on another machine without --service comes from its backup: `postern restore FILE --kit KIT`";

async function signIn(terminal: Terminal, options: SignInOptions): Promise<void> {
  // Checked before the first question.
  deviceNameOf(options);
  const kit = options.kit === undefined ? undefined : parseKit(readKit(options.kit), options.kit);
  keepAuthorities(options);
  const agent = await connect(terminal, "person");
  try {
    const status = await agent.call("agent.status", {});
    demandPlace(status, options, kit?.account);
    const beside = await besideProof(terminal, agent, status, options);
    await signInWith(terminal, agent, kit, options, beside);
  } finally {
    agent.close();
  }
}

/** Throws restoreUnfinished where a restore is unfinished and not given up. */
function demandPlace(
  status: Methods["agent.status"]["result"],
  { abandonRestore }: { abandonRestore?: boolean },
  account?: string,
): void {
  // Another agent may have finished this account's restore. The service knows.
  if (account === undefined || status.unfinishedRestore?.account !== account)
    demandNoRestore(status, abandonRestore === true);
}

async function signInWith(
  terminal: Terminal,
  agent: Agent,
  given: ReturnType<typeof parseKit> | undefined,
  options: SignInOptions,
  beside: BesideProof,
): Promise<void> {
  const account = given?.account ?? (await askText("Account (from the emergency kit)"));
  const user = given?.user ?? (await askText("User (from the emergency kit)"));
  const secretKey = given?.secretKey ?? (await askSecret("Secret Key", "--kit FILE"));
  const service = options.service ?? (given?.service === EMBEDDED ? undefined : given?.service);
  const password = await accountPassword(options);
  const pin = await newPin(terminal, options);
  const signedIn = await placed(
    agent.call("accounts.signIn", {
      ...deviceNameOf(options),
      ...beside,
      account,
      user,
      secretKey,
      password,
      ...(pin === undefined ? {} : { pin }),
      ...(service === undefined ? {} : { service }),
      ...abandoning(options),
    }),
  ).catch((error: unknown) => {
    const isElsewhere = service === undefined && error instanceof PosternError;
    // The service gives the same answer for an unknown account and a wrong password, so the message says both.
    if (!isElsewhere || error.errorName !== "wrongCredentials") throw error;
    throw withHint(error, NOT_HERE);
  });
  const line = besideLine(besideName(signedIn, beside));
  terminal.result(signedIn, () => `Signed in to ${oneLine(signedIn.name)}; it is unlocked.${line}`);
}

export function addAccountCommands(program: Command): void {
  addCommand<InitOptions>(
    program,
    "init",
    "make an account on this machine: name, password, approval PIN, emergency kit",
    "postern init --name Ada --kit kit.txt",
    [
      ["--name <name>", "the account's name"],
      passwordFd,
      deviceNameOption,
      ["--pin-fd <n>", "read the approval PIN from this file descriptor"],
      ["--no-pin", "no approval PIN: the account password approves"],
      [`--idle-lock <${IDLE_LOCKS}>`, "lock the account after this time without use (10m)"],
      [
        "--approvers <order>",
        "where the agent itself asks: app, polkit, window and terminal in your order, some of them, or off (window,terminal)",
      ],
      ["--kit <file>", "where to write the emergency kit"],
      ["--service <url>", "an account service other than the embedded one"],
      ["--registration-token-fd <n>", "read the service's registration token from this file descriptor"],
      caFile,
      besideOption,
      abandonOption,
    ],
    (terminal, _args, options) => init(terminal, options),
  );
  addCommand<SignInOptions>(
    program,
    "signin",
    "open an existing account here with its emergency kit and password",
    "postern signin --kit kit.txt",
    [
      ["--kit <file>", "the emergency kit"],
      passwordFd,
      deviceNameOption,
      ["--pin-fd <n>", "read a new approval PIN from this file descriptor"],
      ["--no-pin", "no approval PIN on this machine"],
      ["--service <url>", "the account service, if not the kit's"],
      caFile,
      besideOption,
      abandonOption,
    ],
    (terminal, _args, options) => signIn(terminal, options),
  );
  addLockingCommands(program);
  addKeyCommands(program);
}

function addKeyCommands(program: Command): void {
  addCommand<{ passwordFd?: string; newPasswordFd?: string }>(
    program,
    "passwd",
    "change the account password; other devices must sign in again",
    "postern passwd",
    [passwordFd, ["--new-password-fd <n>", "read the new password from this file descriptor"]],
    (terminal, _args, options) =>
      withPassword(
        terminal,
        options,
        async (agent, password, words) => {
          const given = await newPassword(terminal, options.newPasswordFd, "New account password", "--new-password-fd");
          await agent.call("accounts.changePassword", { password, newPassword: given });
          terminal.result({ changed: true }, () => `${withAccount("The account password", words)} is changed.`);
        },
        "Present account password",
      ),
  );
  addCommand<{ passwordFd?: string; pinFd?: string; pin?: boolean }>(
    program,
    "pin",
    "set the approval PIN, or take it away",
    "postern pin",
    [passwordFd, ["--pin-fd <n>", "read the PIN from this file descriptor"], ["--no-pin", "take the PIN away"]],
    (terminal, _args, options) =>
      withPassword(terminal, options, async (agent, password, words) => {
        const pin = await newPin(terminal, options);
        await agent.call("accounts.setPin", { password, ...(pin === undefined ? {} : { pin }) });
        terminal.result({ pin: pin !== undefined }, () =>
          pin === undefined
            ? `${withAccount("The approval PIN", words)} is taken away; the account password approves.`
            : `${withAccount("The approval PIN", words)} is set.`,
        );
      }),
  );
  addCommand<Force & { passwordFd?: string; outFile?: string }>(
    program,
    "kit",
    "write another copy of the emergency kit",
    "postern kit --out-file kit.txt",
    [passwordFd, ["--out-file <file>", "write it to this file (0600) instead of the terminal"], forceOption],
    async (terminal, _args, options) => {
      const force = options.force === true;
      // Checked before the password is asked for.
      if (options.outFile !== undefined) demandRoomFor(options.outFile, force);
      await withPassword(terminal, options, async (agent, password) => {
        const kit = await agent.call("accounts.kit", { password });
        if (options.outFile === undefined) return terminal.result(kit, () => kitText(kit));
        writeKit(openOutFile(options.outFile, force), kit);
        terminal.result({ outFile: options.outFile }, () => `The kit is in ${options.outFile}.`);
      });
    },
  );
}
