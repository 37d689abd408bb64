// One service account, with the way to its next token and to its end.
import { useState } from "preact/hooks";
import { bitsOf, permissionNames } from "../../../protocol/access/permission-names.ts";
import type { IssuedToken, ServiceAccount, ServiceAccountVault } from "../../typescript/generated.ts";
import { momentText } from "../moment.ts";
import { shown } from "../prompt.ts";
import { ChangeForm } from "../settings/change-form.tsx";
import type { PageProps } from "../standing.ts";

type Props = PageProps & {
  readonly one: ServiceAccount;
  readonly onIssued: (issued: IssuedToken) => Promise<void>;
  readonly onRevoke: () => void;
};

export function ServiceAccountRow({ channel, standing, one, onIssued, onRevoke }: Props) {
  const [opened, setOpened] = useState<"token" | "end">();
  const name = shown(one.title, 80);
  return (
    <li>
      <div class="row-text">
        <p class="row-head">
          <bdi>{name}</bdi>
        </p>
        {one.vaults.map((vault) => (
          <p key={vault.vaultId}>
            may {rightsText(vault)} <bdi class="thing">{shown(vault.title ?? vault.vaultId, 80)}</bdi>
          </p>
        ))}
        {one.canCreateVaults === true && <p>may make vaults</p>}
        <p class="soft">{timesText(one)}</p>
      </div>
      <button type="button" onClick={() => setOpened("token")} aria-label={`New token for ${name}`}>
        New token
      </button>
      <button type="button" onClick={() => setOpened("end")} aria-label={`Revoke ${name}`}>
        Revoke
      </button>
      {opened === "end" && (
        <div role="alert">
          <p>Every program with a token of it loses its access at once. That cannot be undone.</p>
          <button type="button" onClick={onRevoke} aria-label={`Yes, revoke ${name}`}>
            Yes, revoke
          </button>{" "}
          <button type="button" onClick={() => setOpened(undefined)}>
            Keep it
          </button>
        </div>
      )}
      {opened === "token" && (
        <ChangeForm
          standing={standing}
          title={`New token for ${name}`}
          button="Make the next token"
          needsPassword
          send={async (password) =>
            onIssued(await channel.call("serviceAccounts.rotate", { password, serviceAccountId: one.id }))
          }
          done=""
          onAnswered={(isDone) => isDone && setOpened(undefined)}
        >
          <p class="soft">The older tokens end at once. The next one lives as long as the newest was made for.</p>
        </ChangeForm>
      )}
    </li>
  );
}

const namesOf = (word: string) => permissionNames(bitsOf(word) ?? 0).join();

function rightsText({ permissions }: ServiceAccountVault): string {
  const names = permissions.join();
  if (names === namesOf("read_items")) return "read";
  if (names === namesOf("write_items")) return "read and change";
  return `${permissions.map((name) => shown(name.toLowerCase(), 64)).join(", ")} in`;
}

function timesText({ createdAt, tokens }: ServiceAccount): string {
  const newest = tokens.at(-1);
  const uses = tokens.flatMap(({ lastUsedAt }) => (lastUsedAt === undefined ? [] : [lastUsedAt])).sort();
  const used = uses.at(-1);
  return [
    `made ${momentText(createdAt)}`,
    newest === undefined ? "no token" : endText(newest),
    used === undefined ? "never used" : `last used ${momentText(used)}`,
  ].join(", ");
}

function endText({ expiresAt, expired }: ServiceAccount["tokens"][number]): string {
  if (expiresAt === undefined) return "has no end";
  return `${expired ? "ended" : "ends"} ${momentText(expiresAt)}`;
}
