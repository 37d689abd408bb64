// accounts.create, accounts.serviceInfo, accounts.signIn, accounts.setDefault: adding accounts, and choosing the default. Where an account exists,
// each needs a proof of the default one, so that no program can add an account of its own.
import type { ParamsOf, ResultOf } from "../../protocol/catalogue.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import { formatSecretKey, newSecretKey, parseSecretKey } from "../../protocol/crypto/secret-key.ts";
import { PosternError } from "../../protocol/errors.ts";
import { displayed } from "../account/displayed-text.ts";
import type { Overseer } from "../approval/overseer.ts";
import type { Call } from "../call/call.ts";
import { actorOf, entryOf, trierOf } from "../call/log-entry.ts";
import type { Sodium } from "../host/sodium.ts";
import type { AccountFile } from "../session/account-file.ts";
import { setApprovers } from "../session/approver-order.ts";
import { knowDefault } from "../session/default-mark.ts";
import { deviceName, nameDevice } from "../session/device-names.ts";
import { setIdleLock } from "../session/idle.ts";
import { demandUnguessed, setPin } from "../session/pin.ts";
import type { GivenProof } from "../session/proof.ts";
import { demandNoRestore } from "../session/restore-mark.ts";
import type { Sessions } from "../session/sessions.ts";
import { repeatCounter, type Unlocked } from "../session/unlocked.ts";
import type { Handlers } from "../wire/dispatch.ts";

type NewAccountHandlers = Pick<
  Handlers,
  "accounts.create" | "accounts.serviceInfo" | "accounts.signIn" | "accounts.setDefault"
>;

export type NewAccountParts = {
  readonly crypto: Sodium;
  readonly sessions: Sessions;
  readonly overseer: Pick<Overseer, "prove">;
};

/** A new account has no wrong tries. */
const NO_TRIES = { wrongPasswords: 0, lastWrongMs: 0 } as const;

export function newAccountMethods(parts: NewAccountParts): NewAccountHandlers {
  const { sessions, overseer } = parts;
  return {
    "accounts.create": (params, call) => create(parts, params, call),
    "accounts.serviceInfo": async ({ service, registrationToken, proof }, call) => {
      // Otherwise any program could make the agent call a service.
      await provenBeside(parts, proof, call);
      const { origin } = await sessions.addressOf(service);
      const asked = registrationToken === undefined ? {} : { registrationToken };
      const { registration } = await sessions.firstCallInTurn(trierOf(call).place, async () =>
        (await sessions.callTo(service))("service.info", asked),
      );
      return { origin, registration };
    },
    "accounts.signIn": (params, call) => signIn(parts, params, call),
    "accounts.setDefault": async ({ account, proof, newProof }, call) => {
      const before = sessions.pick(undefined);
      for (const given of [proof, newProof]) demandPassword(given);
      await overseer.prove({ proof, account: before.file.account }, call).catch(namingDefault);
      const chosen = sessions.pick(account);
      await overseer.prove({ proof: newProof, account: chosen.file.account }, call).catch(namingNew);
      // Recorded in both logs, since the change concerns both accounts.
      before.audit.keep(entryOf(call, "ok", [chosen.file.account]));
      if (chosen !== before) chosen.audit.keep(entryOf(call, "ok", [chosen.file.account]));
      await sessions.setDefault(chosen);
      return { account: chosen.file.account, name: chosen.file.name };
    },
  };
}

/**
 * Whether an account is here already, and a right proof of it was given. Throws proofRequired where the proof is missing, and the errors of a
 * wrong proof. An agent without an account needs no proof.
 */
export async function provenBeside(
  { sessions, overseer }: Pick<NewAccountParts, "sessions" | "overseer">,
  proof: GivenProof | undefined,
  call: Call,
): Promise<boolean> {
  const here = sessions.default();
  if (here === undefined) return false;
  if (proof === undefined)
    throw new PosternError("proofRequired", undefined, {
      text: "an account is on this agent already: another one needs the password of the default account too",
      hint: "run this in a terminal, or give that password by --default-password-fd",
    });
  demandPassword(proof);
  await overseer.prove({ proof, account: here.file.account }, call).catch(namingDefault);
  if (here.unlocked !== undefined) await knowDefault(here.unlocked);
  return true;
}

/** A PIN decides about prompts only. Its tries are counted for that, and here it would be a try without a question. */
function demandPassword({ kind }: GivenProof): void {
  if (kind === "pin")
    throw new PosternError("proofRefused", undefined, {
      text: "the approval PIN answers prompts; this needs the account password as its proof",
      hint: "give the account password",
    });
}

/** Says which proof was refused, where the caller gave passwords of two accounts. */
const naming =
  (account: string, option: string) =>
  (error: unknown): never => {
    if (!(error instanceof PosternError) || error.name !== "proofRefused") throw error;
    throw new PosternError("proofRefused", error.detail, {
      text: `the proof of ${account} was refused`,
      hint: `give the password of that account again (${option})`,
    });
  };

const namingDefault = naming("the default account", "--default-password-fd");
const namingNew = naming("the account that becomes the default", "--password-fd");

async function create(
  parts: NewAccountParts,
  params: ParamsOf<"accounts.create">,
  call: Call,
): Promise<ResultOf<"accounts.create">> {
  const { crypto, sessions } = parts;
  const proven = await provenBeside(parts, params.proof, call);
  sessions.restores.demandPlace();
  demandNoRestore(sessions.restoreMark, params.abandonRestore === true ? { abandonRestore: true } : {});
  const called = deviceName(params.deviceName);
  demandShowable(params.name);
  sessions.demandHeard(params.idleLock);
  await demandUnguessed(params.pin, [params.name]);
  const file = await newFile(parts, params);
  const { password, registrationToken } = params;
  await sessions.firstCallInTurn(trierOf(call).place, () =>
    sessions.make(file, { password, registrationToken }, actorOf(call), proven),
  );
  // A lock may have come right after the unlock.
  const session = sessions.open(file.account);
  await settle(crypto, session.unlocked, file.device, called, params);
  await sessions.makeWhole(session);
  session.audit.keep(entryOf(call, "ok", [file.account]));
  const { account, user, name, service, secretKey: text } = file;
  return { account, user, name, service, secretKey: text };
}

/** A prompt names the account by what can be shown of its name. */
function demandShowable(name: string): void {
  if (/\p{Cc}/u.test(name)) throw new PosternError("invalidParams", "name has control characters");
  if (displayed(name).trim() === "") throw new PosternError("invalidParams", "name shows nothing");
}

async function newFile(
  { crypto, sessions }: NewAccountParts,
  { name, service }: ParamsOf<"accounts.create">,
): Promise<AccountFile> {
  const { origin } = await sessions.addressOf(service ?? "embedded");
  const secretKey = newSecretKey(crypto);
  const file: AccountFile = {
    account: newId(crypto),
    user: newId(crypto),
    device: newId(crypto),
    name,
    service: service === undefined ? "embedded" : origin,
    secretKey: formatSecretKey(crypto, secretKey),
    unfinished: true,
    ...NO_TRIES,
  };
  crypto.release(secretKey);
  return file;
}

async function signIn(
  parts: NewAccountParts,
  params: ParamsOf<"accounts.signIn">,
  call: Call,
): Promise<ResultOf<"accounts.signIn">> {
  const { crypto, sessions } = parts;
  const proven = await provenBeside(parts, params.proof, call);
  sessions.restores.demandPlace();
  demandNoRestore(sessions.restoreMark, params);
  const called = deviceName(params.deviceName);
  // The account's name is sealed until the sign-in.
  await demandUnguessed(params.pin, []);
  const secretKey = parseSecretKey(crypto, params.secretKey);
  if (secretKey === undefined)
    throw new PosternError("invalidParams", "secretKey is not a Secret Key; check it against the emergency kit");
  const address = await sessions.addressOf(params.service ?? "embedded");
  const file: AccountFile = {
    account: params.account,
    user: params.user,
    device: newId(crypto),
    name: params.account,
    service: params.service === undefined ? "embedded" : address.origin,
    secretKey: formatSecretKey(crypto, secretKey),
    ...NO_TRIES,
  };
  await sessions.bring(file, params.password, trierOf(call), proven);
  const session = sessions.open(file.account);
  await settle(crypto, session.unlocked, file.device, called, params);
  session.audit.keep(entryOf(call, "ok", [file.account]));
  return { account: file.account, name: session.file.name };
}

/** Sets up an account on its new device: the PIN and the settings, where they were chosen, and the device's name. */
async function settle(
  crypto: Sodium,
  unlocked: Unlocked,
  device: string,
  called: string,
  { pin, idleLock, approvers }: Pick<ParamsOf<"accounts.create">, "pin" | "idleLock" | "approvers">,
): Promise<void> {
  if (pin !== undefined) await setPin(crypto, unlocked.store, pin);
  if (idleLock !== undefined) await setIdleLock(unlocked.store, idleLock);
  if (approvers !== undefined) await setApprovers(unlocked.store, approvers);
  await repeatCounter(unlocked, device);
  await nameDevice(unlocked, device, called);
}
