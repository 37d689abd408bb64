// The stage for tests of the share page and for its screenshots: a service in its own process on its own port, an
// account with items worth sharing, and a real Chromium.
import { createServer } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Browser, chromium } from "playwright-core";
import type { OpenedItem } from "../../clients/account/item-rows.ts";
import { newId } from "../../protocol/crypto/encoding.ts";
import { FILE_CHUNK_BYTES } from "../../protocol/crypto/file.ts";
import type { ItemField } from "../../protocol/item/item.ts";
import type { ItemShareDuration, ShareContent } from "../../protocol/item/item-share.ts";
import { crypto, type Door, newUser, type Opened, open, overLoopback } from "../service/doors.ts";
import { toolPath } from "../tools.ts";

/** The path of Chromium. Undefined if there is none. Then the tests skip and report it. */
export const chromiumPath = toolPath("chromium");

/**
 * Starts Chromium without its sandbox for root, since the sandbox does not run as root. Containers run tests as root.
 */
export function startChromium(): Promise<Browser> {
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: chromiumPath ?? "chromium", args });
}

export const SEED = "GEZDGNBVGY3TQOJQ";
/** Long, and with hyphens at which a line could break. */
/** Turned around and pieced together from what cannot be seen. */
export const UNSEEN_VALUE = "pay\u202e\u200bdnuof\u2066 x\u00a0y";
export const RECOVERY_VALUE = "K7QX-2M-9FJ4T-WZ-81-PLR6B-CV-N3D5H-0SEAGY-UT".repeat(3);
export const PASSWORD_VALUE = "correct horse <b>battery</b> staple";

const field = (id: string, fieldType: ItemField["fieldType"], value: string, sectionId = ""): ItemField => ({
  id,
  title: id,
  fieldType,
  value,
  sectionId,
});

const website = (url: string, label: string): ShareContent["websites"][number] => ({
  url,
  label,
  autofillBehavior: "Never",
});

type Sample = {
  readonly title: string;
  readonly sender: string;
  readonly section: string;
  readonly file: string;
  readonly websites: ShareContent["websites"];
  readonly fields: ItemField[];
};

/** An item as people make them, and one by somebody who wants to deceive the reader. */
const samples = {
  honest: {
    title: "Staging console",
    sender: "Ada",
    section: "Console",
    file: "recovery-codes.pdf",
    websites: [],
    fields: [
      field("username", "Text", "ada@example.com"),
      field("password", "Concealed", "correct horse battery staple"),
      field("one-time code", "Totp", SEED),
      field("address", "Url", "https://console.example.com/", "s1"),
      field("PIN", "Concealed", "4711", "s1"),
    ],
  },
  hostile: {
    title: "Staging <i>console</i>",
    sender: "A\u202ed\u200ba",
    section: "Con\u2066\u00a0\u2800sole",
    file: "recovery\u202e-codes\u200b.pdf",
    websites: [
      website("https://a.example/", ""),
      website("https://b.example/", "Admin"),
      website("https://c.example/", ""),
    ],
    fields: [
      field("username", "Text", "ada@example.com"),
      field("password", "Concealed", PASSWORD_VALUE),
      field("one-time code", "Totp", SEED),
      field("address", "Url", "https://console.example.com/", "s1"),
      field("trap", "Url", "javascript:alert(1)", "s1"),
      field("PIN", "Concealed", "4711", "s1"),
      field("recovery", "Concealed", RECOVERY_VALUE, "s2"),
      field("bil\u200bli\u202eng", "Text", "1", "s2"),
      field("routing", "Text", UNSEEN_VALUE, "s2"),
      field("hidden", "Concealed", UNSEEN_VALUE, "s2"),
    ],
  },
} satisfies Record<string, Sample>;

export type Stage = {
  readonly door: Door;
  readonly origin: string;
  readonly ada: Opened;
  readonly item: OpenedItem;
  /** The content of the item's one file. */
  readonly file: Uint8Array;
  share(oneTime?: boolean, expireAfter?: ItemShareDuration): Promise<string>;
  /** Changes the service's store behind its back, as somebody with access to its disk can. */
  sabotage(sql: string, ...values: (string | Uint8Array)[]): void;
  close(): Promise<void>;
};

export async function openStage(
  sample: keyof typeof samples,
  file = crypto.randomBytes(2 * FILE_CHUNK_BYTES + 513),
): Promise<Stage> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const door = await overLoopback(port, origin);
  const ada = await open(door, await newUser(door));
  const vault = (await ada.account.createVault("Demo", "")).id;
  const item = await makeItem(ada, vault, file, samples[sample]);
  return {
    door,
    origin,
    ada,
    item,
    file,
    share: async (oneTime = false, expireAfter = "SevenDays") =>
      (await ada.account.shares.create(item, { expireAfter, oneTime, sender: samples[sample].sender })).url,
    sabotage: (sql, ...values) => {
      const database = new DatabaseSync(join(door.folder, "service.sqlite"));
      database.exec("PRAGMA busy_timeout = 5000");
      database.prepare(sql).run(...values);
      database.close();
    },
    close: () => door.close(),
  };
}

async function makeItem(
  { account }: Opened,
  vault: string,
  file: Uint8Array,
  { title, section, file: name, websites, fields }: Sample,
): Promise<OpenedItem> {
  const itemKey = account.newItemKey();
  const id = newId(crypto);
  const stream = account.writeFile({ vault, item: id }, itemKey);
  for (let at = 0; at === 0 || at < file.length; at += FILE_CHUNK_BYTES)
    await stream.push(file.subarray(at, at + FILE_CHUNK_BYTES), at + FILE_CHUNK_BYTES >= file.length);
  const header = stream.end();
  const attributes = { name, id: header.id, size: file.length };
  const overview = { title, category: "Login" as const, tags: ["mine"], websites };
  const details = {
    fields,
    sections: [
      { id: "", title: "" },
      { id: "s1", title: section },
      { id: "s2", title: "" },
    ],
    notes: "Ask Grace before you restart it.\nNever on a Friday.",
    files: [{ attributes, sectionId: "", fieldId: "codes" }],
  };
  return account.createItem(vault, overview, details, { id, itemKey, files: [header] });
}

/** A free port. The links name it before the service listens on it. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("no port was given");
  return address.port;
}

/** The share's id in a link. */
export const shareOf = (url: string) => new URL(url).pathname.slice("/s/".length);
