// Groups and the rewrapping of item keys. Right parts open. A part in another's place never opens.
import { describe, expect, test } from "vitest";
import { newId, toBase64, utf8 } from "../../../protocol/crypto/encoding.ts";
import {
  type GroupKeys,
  type Membership,
  newGroup,
  openGroup,
  openGroupOverview,
  sealGroupOverview,
} from "../../../protocol/crypto/group.ts";
import {
  newItemKey,
  openItem,
  rewrapItem,
  sealDeletion,
  sealItem,
  verifyItemRevision,
} from "../../../protocol/crypto/item.ts";
import { newKeyset } from "../../../protocol/crypto/keyset.ts";
import { grantVaultKey, newVaultKey, openVaultGrant } from "../../../protocol/crypto/vault-key.ts";
import { native as crypto } from "./implementations.ts";

const account = newId(crypto);
const rootKey = crypto.keep(crypto.randomBytes(32));
const maker = newKeyset(crypto, rootKey, account, newId(crypto)).keyset;
const stranger = newKeyset(crypto, rootKey, account, newId(crypto)).keyset;
const place = { account, group: newId(crypto) };
const made = newGroup(crypto, { place, type: "userDefined", maker });
const pinned = [maker.identity.publicKey];

const outcome = (
  change: Partial<{
    keys: GroupKeys;
    membership: Membership;
    type: "owners";
    place: typeof place;
    member: typeof maker;
  }>,
) => {
  try {
    const input = { place, type: "userDefined" as const, keys: made.keys, membership: made.membership, member: maker };
    openGroup(crypto, { ...input, pinned, ...change });
    return "opened";
  } catch (error) {
    return (error as { name: string }).name;
  }
};

describe("a group", () => {
  test("is opened by its maker's membership, and opens a vault key that was granted to it", () => {
    const { keys, membership } = made;
    const open = openGroup(crypto, { place, type: "userDefined", keys, membership, member: maker, pinned });
    const vaultKey = newVaultKey(crypto);
    const { identity, box } = open.keyset;
    const recipient = { identity: identity.publicKey, box: box.publicKey };
    const vault = newId(crypto);
    const grant = grantVaultKey(crypto, { account, vault, vaultKey, granter: maker, recipient, permissions: 32 });
    const again = openVaultGrant(crypto, { account, vault, grant, keyset: open.keyset, pinnedGranters: pinned });
    expect(again.id).toBe(vaultKey.id);
  });

  const other = newGroup(crypto, { place: { account, group: newId(crypto) }, type: "userDefined", maker });
  const foreign = newGroup(crypto, { place, type: "userDefined", maker: stranger });
  test.each([
    ["of another group", { keys: other.keys }],
    ["with another group's membership", { membership: other.membership }],
    ["made by a stranger", { keys: foreign.keys, membership: foreign.membership }],
    ["with keys that the maker did not sign", { keys: { ...made.keys, box: other.keys.box } }],
    ["with a maker's name over a stranger's keys", { keys: { ...foreign.keys, maker: made.keys.maker } }],
    ["as one of another kind", { type: "owners" as const }],
    ["in another account", { place: { ...place, account: newId(crypto) } }],
    ["with a membership of somebody else", { member: stranger }],
    ["with an altered membership", { membership: { ...made.membership, sealed: other.membership.sealed } }],
    ["with a truncated signature", { membership: { ...made.membership, signature: "AAAA" } }],
  ])("is refused %s", (_what, change) => {
    expect(outcome(change)).toBe("sealBroken");
  });

  test("has a name that its members read and nobody else writes", () => {
    const content = utf8('{"title":"Ops","description":""}');
    const overview = sealGroupOverview(crypto, { place, open: made.open, writer: maker, revision: 1, content });
    const read = openGroupOverview(crypto, { place, open: made.open, overview, pinned });
    expect(read).toEqual(content);
    const forged = sealGroupOverview(crypto, { place, open: made.open, writer: stranger, revision: 1, content });
    const refused = [forged, { ...overview, revision: 2 }, { ...overview, writer: forged.writer }];
    for (const one of refused)
      expect(() => openGroupOverview(crypto, { place, open: made.open, overview: one, pinned })).toThrow("signature");
  });
});

describe("a new vault key", () => {
  const vault = newId(crypto);
  const item = { account, vault, item: newId(crypto) };
  const from = newVaultKey(crypto);
  const to = newVaultKey(crypto, 2);
  const itemKey = newItemKey(crypto);
  const content = { overview: utf8("{}"), details: utf8('{"a":1}'), files: [] };
  const state = "active" as const;
  const input = { place: item, vaultKey: from, writer: maker, revision: 3, state, itemKey, title: "DB", ...content };
  const sealed = sealItem(crypto, input);

  test("wraps an item's key and leaves its content byte for byte", () => {
    const moved = { ...sealed, ...rewrapItem(crypto, { place: item, from, to, writer: maker, sealed, title: "DB" }) };
    expect([moved.overview, moved.details, moved.revision]).toEqual([sealed.overview, sealed.details, 3]);
    expect(verifyItemRevision(crypto, item, moved)).toBe(true);
    const opened = openItem(crypto, { place: item, vaultKey: to, pinnedWriters: pinned, sealed: moved });
    expect(new TextDecoder().decode(opened.details)).toBe('{"a":1}');
    expect(() => openItem(crypto, { place: item, vaultKey: from, pinnedWriters: pinned, sealed: moved })).toThrow(
      "another vault key",
    );
  });

  test("finds titles by other tags", () => {
    expect(rewrapItem(crypto, { place: item, from, to, writer: maker, sealed, title: "DB" }).tag).not.toBe(sealed.tag);
  });

  test("signs a deletion again", () => {
    const gone = sealDeletion(crypto, { place: item, vaultKey: from, writer: maker, revision: 4 });
    const moved = { ...gone, ...rewrapItem(crypto, { place: item, from, to, writer: maker, sealed: gone, title: "" }) };
    expect(moved).toMatchObject({ keyId: to.id, itemKey: "", tag: "", writer: toBase64(maker.identity.publicKey) });
    expect(verifyItemRevision(crypto, item, moved)).toBe(true);
  });

  test("does not wrap what does not open under the old one", () => {
    const wrong = {
      ...sealed,
      itemKey: sealItem(crypto, { ...input, itemKey: newItemKey(crypto), vaultKey: to }).itemKey,
    };
    expect(() => rewrapItem(crypto, { place: item, from, to, writer: maker, sealed: wrong, title: "DB" })).toThrow(
      "item key",
    );
  });
});
