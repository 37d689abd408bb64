// vaults.*: the vaults of the account that the call's client works on.
import type { VaultEntry } from "../../clients/account/vault-list.ts";
import type { ResultOf } from "../../protocol/catalogue.ts";
import { PosternError } from "../../protocol/errors.ts";
import { accessOf } from "../call.ts";
import type { Handlers } from "../dispatch.ts";
import { happening } from "../happening.ts";

type VaultHandlers = Pick<
  Handlers,
  "vaults.create" | "vaults.list" | "vaults.getOverview" | "vaults.update" | "vaults.delete"
>;
type Overview = ResultOf<"vaults.getOverview">;

export const vaultMethods: VaultHandlers = {
  "vaults.create": async ({ title, description }, call) => {
    const { unlocked, audit } = accessOf(call).session;
    const vault = await unlocked.account.createVault(title, description ?? "");
    audit.keep(happening(call, "ok", [vault.id], [title]));
    return overviewOf(vault);
  },
  "vaults.list": async (_params, call) => {
    const { unlocked, audit } = accessOf(call).session;
    const vaults = await unlocked.account.vaults();
    audit.read(happening(call, "ok", []));
    return { vaults: vaults.map(overviewOf) };
  },
  "vaults.getOverview": async ({ vaultId }, call) => {
    const { unlocked, audit } = accessOf(call).session;
    const vault = (await unlocked.account.vaults()).find((candidate) => candidate.id === vaultId);
    audit.read(happening(call, vault === undefined ? "vaultNotFound" : "ok", [vaultId]));
    if (vault === undefined) throw new PosternError("vaultNotFound");
    return overviewOf(vault);
  },
  "vaults.update": async ({ vaultId, title, description }, call) => {
    const { unlocked, audit } = accessOf(call).session;
    const vault = await unlocked.account.updateVault(vaultId, {
      ...(title === undefined ? {} : { title }),
      ...(description === undefined ? {} : { description }),
    });
    unlocked.cache.clear();
    audit.keep(happening(call, "ok", [vaultId]));
    return overviewOf(vault);
  },
  "vaults.delete": async ({ vaultId }, call) => {
    const { unlocked, audit } = accessOf(call).session;
    await unlocked.account.deleteVault(vaultId);
    unlocked.cache.clear();
    audit.keep(happening(call, "ok", [vaultId]));
    return {};
  },
};

const types: readonly Overview["vaultType"][] = ["personal", "everyone", "transfer", "userCreated"];

function overviewOf(vault: VaultEntry): Overview {
  return {
    id: vault.id,
    title: vault.title,
    description: vault.description,
    vaultType: types.find((type) => type === vault.type) ?? "unsupported",
    activeItemCount: vault.activeItems,
    contentVersion: vault.contentVersion,
    attributeVersion: vault.revision,
    createdAt: vault.createdAt,
    updatedAt: vault.updatedAt,
  };
}
