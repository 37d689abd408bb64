// names.*: the ids of things that were named by title or id. The gate has looked them up and asked.
import { isMissing } from "../account/resolver.ts";
import { errorOf } from "../approval/missing-error.ts";
import { accessOf } from "../call/call.ts";
import { entryOf } from "../call/log-entry.ts";
import type { Handlers } from "../wire/dispatch.ts";

export const namesMethods: Pick<Handlers, "names.locate"> = {
  "names.locate": async (_params, call) => {
    const access = accessOf(call);
    const found = [];
    for (const one of access.named) {
      if (isMissing(one)) throw await errorOf(one, access);
      found.push(one);
    }
    const ids = found.flatMap(({ vault, item, environment, group }) => [vault, item, environment, group]);
    access.session.audit.read(
      entryOf(
        call,
        "ok",
        ids.filter((id) => id !== undefined),
      ),
    );
    return {
      found: found.map(({ vault, item, archived, environment, items, group, alike }) => ({
        ...(vault === undefined ? {} : { vaultId: vault }),
        ...(item === undefined ? {} : { itemId: item }),
        ...(archived === undefined ? {} : { archived }),
        ...(environment === undefined ? {} : { environmentId: environment }),
        ...(items === undefined ? {} : { itemIds: [...items] }),
        ...(group === undefined ? {} : { groupId: group }),
        ...(alike === undefined ? {} : { alikeIds: [...alike] }),
      })),
    };
  },
};
