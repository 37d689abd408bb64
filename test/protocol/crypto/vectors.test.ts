// The frozen format of suite 1. Both implementations make and open exactly the stored bytes. If this fails, people
// could no longer open their sealed data.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fromBase64 } from "../../../protocol/crypto/encoding.ts";
import { open } from "../../../protocol/crypto/envelope.ts";
import { openFile } from "../../../protocol/crypto/file.ts";
import { openItem, verifyItemRevision } from "../../../protocol/crypto/item.ts";
import { openKeyset } from "../../../protocol/crypto/keyset.ts";
import { parseSecretKey } from "../../../protocol/crypto/secret-key.ts";
import { openVaultGrant, openVaultOverview } from "../../../protocol/crypto/vault-key.ts";
import { ACCOUNT, ascii, implementations, repeat, USER, VAULT } from "./implementations.ts";
import { deterministic, drawn, FILE_CONTENT, PLACE, paths, ROOT_KEY } from "./vectors.ts";

type Made = Awaited<ReturnType<typeof deterministic>>;

const made = JSON.parse(readFileSync(paths.made, "utf8")) as Made;
const stored = JSON.parse(readFileSync(paths.drawn, "utf8")) as ReturnType<typeof drawn>;
const bytes = (text: string) => fromBase64(text) ?? expect.fail("a vector is no base64");

describe.each(implementations)("$name", ({ crypto }) => {
  const keyset = openKeyset(crypto, ROOT_KEY, ACCOUNT, USER, made.keyset);
  const pinned = [keyset.identity.publicKey];
  const vaultKey = openVaultGrant(crypto, {
    account: ACCOUNT,
    vault: VAULT,
    grant: stored.grant,
    keyset,
    pinnedGranters: pinned,
  });

  test("makes every stored byte again from the same randomness", async () => {
    expect(await deterministic(crypto)).toEqual(made);
  });

  test("opens the stored grant to the stored vault key", () => {
    expect(vaultKey.id).toBe(made.vault.id);
    expect(vaultKey.key).toEqual(bytes(made.vault.key));
    expect(vaultKey.indexKey).toEqual(bytes(made.vault.indexKey));
  });

  test("opens the stored envelopes", () => {
    const context = { part: "user data", account: ACCOUNT, user: USER, revision: 5 } as const;
    expect(open(crypto, ROOT_KEY, context, bytes(made.envelope))).toEqual(ascii("some content"));
    expect(open(crypto, ROOT_KEY, context, bytes(made.longEnvelope))).toEqual(repeat(0x61, 1000));
  });

  test("opens the stored vault and item, and believes the stored deletion", () => {
    const { overview } = made.vault;
    const vault = openVaultOverview(crypto, {
      account: ACCOUNT,
      vault: VAULT,
      vaultKey,
      overview,
      pinnedWriters: pinned,
    });
    expect(vault).toEqual(ascii('{"title":"Work"}'));
    const item = openItem(crypto, { place: PLACE, vaultKey, pinnedWriters: pinned, sealed: made.item });
    expect(item).toMatchObject({ overview: ascii('{"title":"GitHub"}'), details: ascii('{"fields":[]}') });
    expect(verifyItemRevision(crypto, PLACE, made.deletion)).toBe(true);
  });

  test("opens the stored file", () => {
    const { header, itemKey, chunks } = stored.file;
    const stream = openFile(crypto, { place: PLACE, header, itemKey: bytes(itemKey) });
    expect(chunks.map((chunk) => stream.pull(bytes(chunk)))).toEqual([{ chunk: FILE_CONTENT, final: true }]);
  });

  test("reads the stored Secret Key", () => {
    expect(parseSecretKey(crypto, made.derivation.secretKey)).toEqual(Uint8Array.from({ length: 16 }, (_, at) => at));
  });

  test("opens what the other implementation draws now", () => {
    for (const { crypto: other } of implementations) {
      const fresh = drawn(other);
      const { header, itemKey, chunks } = fresh.file;
      const stream = openFile(crypto, { place: PLACE, header, itemKey: bytes(itemKey) });
      expect(stream.pull(bytes(chunks[0] ?? "")).chunk).toEqual(FILE_CONTENT);
      const grant = { account: ACCOUNT, vault: VAULT, grant: fresh.grant, keyset, pinnedGranters: pinned };
      expect(openVaultGrant(crypto, grant).id).toBe(made.vault.id);
    }
  });
});
