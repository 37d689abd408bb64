// serviceAccounts.*: a person makes, lists and ends service accounts, and gives them new tokens. A holder of a token may ask for its limit.

import { toOfficialForm } from "../../protocol/access/official-form.ts";
import { permissionNames } from "../../protocol/access/permission-names.ts";
import { permissionsOf } from "../../protocol/access/permissions.ts";
import { EXPIRY_MS_DEFAULT } from "../../protocol/catalogue/service-accounts.ts";
import { isId } from "../../protocol/crypto/encoding.ts";
import { PosternError } from "../../protocol/errors.ts";
import { environmentsOf, offered } from "../account/account.ts";
import type { Overseer } from "../approval/overseer.ts";
import type { Call } from "../call/call.ts";
import { entryOf } from "../call/log-entry.ts";
import type { Sodium } from "../host/sodium.ts";
import type { OpenSession } from "../session/account-session.ts";
import { byPassword } from "../session/password-proof.ts";
import type { Sessions } from "../session/sessions.ts";
import type { Handlers } from "../wire/dispatch.ts";
import { withTitle } from "../wire/refusal.ts";

type ServiceAccountHandlers = Pick<
  Handlers,
  | "serviceAccounts.create"
  | "serviceAccounts.list"
  | "serviceAccounts.rotate"
  | "serviceAccounts.revoke"
  | "serviceAccounts.rateLimit"
>;

const MINUTE_MS = 60_000;

export type ServiceAccountParts = {
  readonly crypto: Sodium;
  readonly sessions: Sessions;
  readonly overseer: Overseer;
};

export function serviceAccountMethods({ crypto, sessions, overseer }: ServiceAccountParts): ServiceAccountHandlers {
  /** The account, after the caller has proven its password. */
  async function proven({ account, password }: { account?: string; password: string }, call: Call) {
    await overseer.prove({ proof: byPassword(password), ...(account === undefined ? {} : { account }) }, call);
    return sessions.open(account);
  }

  /** The account, for a caller who may see the whole. */
  async function overseen(params: Parameters<Overseer["oversees"]>[0], call: Call) {
    if (!(await overseer.oversees(params, call))) throw new PosternError("proofRequired");
    return sessions.open(params.account);
  }

  const inForm = (token: string, officialForm = false) =>
    officialForm ? toOfficialForm(crypto.randomBytes, token) : token;

  /** By the service's clock, which ends the token. This machine's clock may be a day off. */
  async function expiry({ unlocked }: OpenSession, expiresInMs: number | "never" = EXPIRY_MS_DEFAULT) {
    if (expiresInMs === "never") return {};
    return { expiresAt: new Date((await serviceAccountsOf(unlocked).nowMs()) + expiresInMs).toISOString() };
  }

  /** The lifetime of the newest token. Its replacement gets the same. */
  async function lengthOfNewest({ unlocked }: OpenSession, id: string): Promise<number | "never"> {
    const found = (await serviceAccountsOf(unlocked).list()).find((one) => one.id === id);
    const newest = found?.tokens.at(-1);
    if (newest === undefined) return EXPIRY_MS_DEFAULT;
    if (newest.expiresAt === undefined) return "never";
    // To the minute, since the end was computed a moment before the token was made.
    const minutes = Math.round((Date.parse(newest.expiresAt) - Date.parse(newest.createdAt)) / MINUTE_MS);
    return Math.max(1, minutes) * MINUTE_MS;
  }

  return {
    "serviceAccounts.create": async (params, call) => {
      const session = await proven(params, call);
      const { account } = session.unlocked;
      const { create } = serviceAccountsOf(session.unlocked);
      const vaults = [];
      for (const { vault, permissions } of params.vaults)
        vaults.push({ id: await vaultOf(session, vault), permissions: permissionsOf(permissions) });
      const until = await expiry(session, params.expiresInMs);
      const rights = { makesVaults: params.canCreateVaults === true };
      const { id, token } = await create({ title: params.title, vaults, ...rights, ...until }).catch(
        async (error: unknown) => {
          throw await withTitle(error, account);
        },
      );
      session.audit.keep(entryOf(call, "ok", [id, ...vaults.map((vault) => vault.id)], [params.title]));
      return { serviceAccountId: id, token: inForm(token, params.officialForm), ...until };
    },

    "serviceAccounts.list": async (params, call) => {
      const { unlocked, audit } = await overseen(params, call);
      const listed = await serviceAccountsOf(unlocked).list();
      const titles = new Map((await unlocked.account.vaults()).map(({ id, title }) => [id, title]));
      // By the service's clock, which ends them. This machine's clock may be a day off.
      const nowMs = await serviceAccountsOf(unlocked).nowMs();
      audit.read(entryOf(call, "ok", []));
      return {
        serviceAccounts: listed.map(({ tokens, vaults, makesVaults, ...account }) => ({
          ...account,
          ...(makesVaults === true ? { canCreateVaults: true } : {}),
          tokens: tokens.map((token) => ({
            ...token,
            expired: token.expiresAt !== undefined && Date.parse(token.expiresAt) <= nowMs,
          })),
          vaults: vaults.map(({ vaultId, permissions }) => ({
            vaultId,
            ...(titles.has(vaultId) ? { title: titles.get(vaultId) ?? "" } : {}),
            permissions: permissionNames(permissions),
          })),
        })),
      };
    },

    "serviceAccounts.rotate": async (params, call) => {
      const session = await proven(params, call);
      const { unlocked, audit } = session;
      const id = demandId(params.serviceAccountId);
      const until = await expiry(session, params.expiresInMs ?? (await lengthOfNewest(session, id)));
      const token = await serviceAccountsOf(unlocked).rotate(id, { overlapMs: params.overlapMs ?? 0, ...until });
      audit.keep(entryOf(call, "ok", [id]));
      return { serviceAccountId: id, token: inForm(token, params.officialForm), ...until };
    },

    "serviceAccounts.revoke": async (params, call) => {
      const { unlocked, audit } = await overseen(params, call);
      const id = demandId(params.serviceAccountId);
      await serviceAccountsOf(unlocked).revoke(id);
      audit.keep(entryOf(call, "ok", [id]));
      return {};
    },

    "serviceAccounts.rateLimit": async ({ client }, call) => {
      const bearer = call.connection.clientOf(client)?.bearer;
      if (bearer === undefined) throw new PosternError("notPermitted", "the client was not opened with a token");
      const { account } = bearer.demandOpen().unlocked;
      const { reads, writes } = await offered(account, "rateLimit").read();
      return { reads: withLeft(reads), writes: withLeft(writes) };
    },
  };
}

const serviceAccountsOf = ({ account }: OpenSession["unlocked"]) => offered(account, "serviceAccounts");

/** The vault of this title, or the vault or environment of this id. */
async function vaultOf({ unlocked }: OpenSession, wanted: string): Promise<string> {
  const { account } = unlocked;
  const [found, second] = await account.matchVaults(wanted);
  if (second !== undefined) throw new PosternError("tooManyVaults");
  const environment = found ?? (await environmentsOf(account)).find(({ id }) => id === wanted)?.id;
  if (environment === undefined) throw new PosternError("vaultNotFound");
  return environment;
}

function demandId(id: string): string {
  if (!isId(id)) throw new PosternError("serviceAccountNotFound");
  return id;
}

function withLeft<T extends { limit: number; used: number }>(budget: T): T & { left: number } {
  return { ...budget, left: Math.max(0, budget.limit - budget.used) };
}
