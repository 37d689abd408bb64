// Keysets and vault keys: the stored parts open only when all of them belong together.
import { describe, expect, test } from "vitest";
import { fields, toBase64 } from "../../../protocol/crypto/encoding.ts";
import { newKeyset, openKeyset, type SealedKeyset } from "../../../protocol/crypto/keyset.ts";
import {
  ALL_PERMISSIONS,
  grantVaultKey,
  newVaultKey,
  openVaultGrant,
  openVaultOverview,
  sealVaultOverview,
  type VaultGrant,
  verifyVaultGrant,
  verifyVaultOverview,
} from "../../../protocol/crypto/vault-key.ts";
import {
  ACCOUNT,
  aKeyset,
  ascii,
  flippedBase64,
  implementations,
  OTHER_ACCOUNT,
  OTHER_VAULT,
  refusal,
  repeat,
  USER,
  VAULT,
} from "./implementations.ts";

describe.each(implementations)("a keyset ($name)", ({ crypto }) => {
  const rootKey = repeat(3, 32);
  const { keyset, sealed } = newKeyset(crypto, rootKey, ACCOUNT, USER);
  const another = newKeyset(crypto, rootKey, ACCOUNT, USER).sealed;
  const outcome = (stored: SealedKeyset, key = rootKey, account = ACCOUNT, user = USER) =>
    refusal(() => openKeyset(crypto, key, account, user, stored));

  test("opens as it was made", () => {
    expect(openKeyset(crypto, rootKey, ACCOUNT, USER, sealed)).toEqual(keyset);
  });

  const wrong: readonly [string, SealedKeyset][] = [
    ["another identity", { ...sealed, identity: another.identity }],
    ["another box key", { ...sealed, box: another.box }],
    ["another box key with its own signature", { ...sealed, box: another.box, boxSignature: another.boxSignature }],
    ["another's signature", { ...sealed, boxSignature: another.boxSignature }],
    ["a signature that is no base64", { ...sealed, boxSignature: "!" }],
    ["a signature cut short", { ...sealed, boxSignature: sealed.boxSignature.slice(0, 84) }],
    ["another's private keys", { ...sealed, sealedPrivate: another.sealedPrivate }],
    ["private keys that are no base64", { ...sealed, sealedPrivate: "!" }],
    ["altered private keys", { ...sealed, sealedPrivate: flippedBase64(sealed.sealedPrivate) }],
    ["no private keys", { ...sealed, sealedPrivate: "" }],
  ];
  test.each(wrong)("does not open with %s", (_name, stored) => {
    expect(outcome(stored)).toBe("sealBroken");
  });

  test("does not open under another root key, for another account or user", () => {
    expect(outcome(sealed, repeat(4, 32))).toBe("sealBroken");
    expect(outcome(sealed, rootKey, OTHER_ACCOUNT)).toBe("sealBroken");
    expect(outcome(sealed, rootKey, ACCOUNT, "x")).toBe("sealBroken");
  });

  test("of an unknown suite is refused as such", () => {
    const bytes = Uint8Array.fromBase64(sealed.sealedPrivate);
    bytes[0] = 2;
    expect(outcome({ ...sealed, sealedPrivate: toBase64(bytes) })).toBe("unknownSuite");
  });

  test("that is refused leaves no key behind in kept memory", () => {
    const kept: Uint8Array[] = [];
    const watching = {
      ...crypto,
      keep: (key: Uint8Array) => {
        const copy = crypto.keep(key);
        kept.push(copy);
        return copy;
      },
    };
    expect(refusal(() => openKeyset(watching, rootKey, ACCOUNT, USER, { ...sealed, box: another.box }))).toBe(
      "sealBroken",
    );
    expect(kept).toHaveLength(2);
    for (const key of kept) expect(key.every((byte) => byte === 0)).toBe(true);
  });
});

describe.each(implementations)("a grant of a vault key ($name)", ({ crypto }) => {
  const granter = aKeyset(crypto);
  const recipient = aKeyset(crypto);
  const stranger = aKeyset(crypto);
  const vaultKey = newVaultKey(crypto);
  const to = (keyset: typeof recipient) => ({ identity: keyset.identity.publicKey, box: keyset.box.publicKey });
  const made = {
    account: ACCOUNT,
    vault: VAULT,
    vaultKey,
    granter,
    recipient: to(recipient),
    permissions: ALL_PERMISSIONS,
  };
  const grant = grantVaultKey(crypto, made);
  const opening = {
    account: ACCOUNT,
    vault: VAULT,
    grant,
    keyset: recipient,
    pinnedGranters: [granter.identity.publicKey],
  };
  const outcome = (change: Partial<Parameters<typeof openVaultGrant>[1]>) =>
    refusal(() => openVaultGrant(crypto, { ...opening, ...change }));

  /** A validly signed grant with the caller's statement and plaintext. Only a lying granter can make it. */
  function forged(statement: Partial<VaultGrant>, plaintext: (statementBytes: Uint8Array) => Uint8Array): VaultGrant {
    const { keyId, epoch, recipient: who, permissions, granter: by } = { ...grant, ...statement };
    const bytes = fields("postern/1 vault grant", 1, ACCOUNT, VAULT, keyId, epoch, who, permissions, by);
    const sealed = crypto.boxSeal(recipient.box.publicKey, plaintext(bytes));
    const signature = crypto.sign(granter.identity.secretKey, fields("postern/1 vault grant, sealed", bytes, sealed));
    return { ...grant, ...statement, sealed: toBase64(sealed), signature: toBase64(signature) };
  }

  test("gives its recipient the key, its index key, id and epoch", () => {
    expect(openVaultGrant(crypto, opening)).toEqual(vaultKey);
    expect(verifyVaultGrant(crypto, ACCOUNT, VAULT, grant)).toBe(true);
  });

  const lies: readonly [string, VaultGrant][] = [
    ["another key id", { ...grant, keyId: newVaultKey(crypto).id }],
    ["another epoch", { ...grant, epoch: 2 }],
    ["more permissions", { ...grant, permissions: 0xffffff }],
    ["fewer permissions", { ...grant, permissions: 0 }],
    [
      "another's sealed key",
      { ...grant, sealed: grantVaultKey(crypto, { ...made, vaultKey: newVaultKey(crypto) }).sealed },
    ],
    ["an altered sealed key", { ...grant, sealed: flippedBase64(grant.sealed) }],
    ["an altered signature", { ...grant, signature: flippedBase64(grant.signature) }],
    ["no signature", { ...grant, signature: "" }],
    [
      "a signature of another's",
      { ...grant, signature: grantVaultKey(crypto, { ...made, granter: stranger }).signature },
    ],
  ];
  test.each(lies)("is refused with %s", (_name, lie) => {
    expect(outcome({ grant: lie })).toBe("sealBroken");
    expect(verifyVaultGrant(crypto, ACCOUNT, VAULT, lie)).toBe(false);
  });

  test("is refused in another account or vault", () => {
    expect(outcome({ account: OTHER_ACCOUNT })).toBe("sealBroken");
    expect(outcome({ vault: OTHER_VAULT })).toBe("sealBroken");
  });

  test("is refused when its granter is not pinned, however well it is signed", () => {
    expect(outcome({ grant: grantVaultKey(crypto, { ...made, granter: stranger }) })).toBe("sealBroken");
    expect(outcome({ pinnedGranters: [] })).toBe("sealBroken");
  });

  test("is refused when it was made to somebody else, or names us and is sealed to another", () => {
    expect(outcome({ grant: grantVaultKey(crypto, { ...made, recipient: to(stranger) }) })).toBe("sealBroken");
    const mixed = { identity: recipient.identity.publicKey, box: stranger.box.publicKey };
    expect(outcome({ grant: grantVaultKey(crypto, { ...made, recipient: mixed }) })).toBe("sealBroken");
  });

  test("is refused as a second key for a known epoch, and accepted as the first or as the same", () => {
    const second = newVaultKey(crypto);
    expect(outcome({ knownEpochs: new Map([[1, second.id]]) })).toBe("sealBroken");
    expect(outcome({ knownEpochs: new Map([[1, vaultKey.id]]) })).toBeUndefined();
    expect(outcome({ knownEpochs: new Map([[2, second.id]]) })).toBeUndefined();
  });

  test("is refused when its granter signed one statement and sealed another, or another key", () => {
    const other = repeat(9, 32);
    const otherStatement = forged({}, (bytes) => fields(new Uint8Array([...bytes, 0]), vaultKey.key));
    expect(outcome({ grant: otherStatement })).toBe("sealBroken");
    expect(outcome({ grant: forged({}, (bytes) => fields(bytes, other)) })).toBe("sealBroken");
    expect(outcome({ grant: forged({}, () => vaultKey.key.slice()) })).toBe("sealBroken");
    expect(outcome({ grant: forged({}, () => new Uint8Array()) })).toBe("sealBroken");
    expect(outcome({ grant: forged({}, (bytes) => fields(bytes, vaultKey.key)) })).toBeUndefined();
  });

  test("each key has its own id, and the id is not the key", () => {
    expect(newVaultKey(crypto).id).not.toBe(vaultKey.id);
    expect(Uint8Array.fromBase64(vaultKey.id)).not.toEqual(vaultKey.key);
    expect(newVaultKey(crypto, 7).epoch).toBe(7);
  });
});

describe.each(implementations)("a vault's overview ($name)", ({ crypto }) => {
  const writer = aKeyset(crypto);
  const stranger = aKeyset(crypto);
  const vaultKey = newVaultKey(crypto);
  const made = { account: ACCOUNT, vault: VAULT, vaultKey, writer, revision: 2, content: ascii("Work") };
  const overview = sealVaultOverview(crypto, made);
  const opening = { account: ACCOUNT, vault: VAULT, vaultKey, overview, pinnedWriters: [writer.identity.publicKey] };
  const outcome = (change: Partial<typeof opening>) =>
    refusal(() => openVaultOverview(crypto, { ...opening, ...change }));

  test("opens as it was sealed", () => {
    expect(openVaultOverview(crypto, opening)).toEqual(ascii("Work"));
    expect(verifyVaultOverview(crypto, ACCOUNT, VAULT, overview)).toBe(true);
  });

  const before = sealVaultOverview(crypto, { ...made, revision: 1, content: ascii("Old") });
  test.each([
    ["another account", { account: OTHER_ACCOUNT }],
    ["another vault", { vault: OTHER_VAULT }],
    ["another vault key", { vaultKey: newVaultKey(crypto) }],
    ["no pinned writer", { pinnedWriters: [] }],
    ["a writer who is not pinned", { overview: sealVaultOverview(crypto, { ...made, writer: stranger }) }],
    ["another revision's number", { overview: { ...overview, revision: 3 } }],
    ["an earlier name under this revision", { overview: { ...overview, sealed: before.sealed } }],
    ["an altered name", { overview: { ...overview, sealed: flippedBase64(overview.sealed) } }],
    ["an altered signature", { overview: { ...overview, signature: flippedBase64(overview.signature) } }],
  ] as [string, Partial<typeof opening>][])("is refused with %s", (_name, change) => {
    expect(outcome(change)).toBe("sealBroken");
  });
});
