// Long lines through the official SDKs' door of a real agent: at the limit and one past it, one at a time, and no hindrance to the others.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HANDLES_MAX } from "../../daemon/transfer/handles.ts";
import { SHARED_BYTES_MAX } from "../../daemon/wire/held-bytes.ts";
import { limits } from "../../protocol/limits.ts";
import { attachPerson, makeAccount, type Person } from "./person.ts";
import { envelopeOf, invocation, openSdk, outcomeOf, type SdkProgram } from "./sdk-raw.ts";
import { type RunningAgent, startAgent } from "./start.ts";

const MiB = 1024 * 1024;
let agent: RunningAgent;
let person: Person;
let vaultId: string;
let program: SdkProgram;
let client: number;

type Item = { id: string; version: number; files: { attributes: { id: string; name: string; size: number } }[] };

beforeAll(async () => {
  agent = await startAgent();
  await makeAccount(agent);
  person = await attachPerson(agent);
  person.always("yes");
  vaultId = (await person.channel.call("vaults.create", { title: "Demo" })).id;
  program = await openSdk(agent.socket);
  client = await program.init();
});
afterAll(async () => {
  program.close();
  await agent.remove();
});

const newItem = () => program.document(client, "ItemsCreate", { params: { category: "Login", vaultId, title: "t" } });
const fileOf = (content: unknown) => ({ name: "big.bin", content, sectionId: "", fieldId: "big" });

/** An invocation of exactly so many bytes. The account's name fills it up, since an invocation does not look at it. */
function lineOf(bytes: number, body: object): Buffer {
  const payload = Buffer.from(JSON.stringify(body)).toString("base64");
  const rest = JSON.stringify({ kind: "invoke", account_name: "", payload }).length;
  return Buffer.from(JSON.stringify({ kind: "invoke", account_name: "a".repeat(bytes - rest), payload }));
}

const listing = () => invocation(client, "ItemsList", { vault_id: vaultId, filters: [] });

describe("a file", () => {
  test("of 20 MiB in base64, as Go sends it, is attached in one act", async () => {
    const content = randomBytes(20 * MiB);
    const item = await newItem();
    const params = { item, file_params: fileOf(content.toString("base64")) };
    const attached = (await program.document(client, "ItemsFilesAttach", params)) as Item;
    const attributes = attached.files[0]?.attributes;
    expect(attributes).toMatchObject({ name: "big.bin", size: content.length });
    // A text is as long as the document. A list of numbers would be three times as long.
    const place = { vault_id: vaultId, item_id: attached.id };
    const read = await program.document(client, "ItemsFilesRead", { ...place, attr: attributes });
    expect(Buffer.compare(Buffer.from(read as number[]), content)).toBe(0);
    // Python's client reads lists of numbers alone.
    const python = await program.init("Ada", { programmingLanguage: "Python" });
    const words = { failure: { message: expect.stringContaining("read this file with `postern read`") } };
    // The agent does not read the file for a program that says it is smaller.
    for (const size of [content.length, 3 * MiB, 7 * MiB]) {
      const params = { ...place, attr: { ...attributes, size } };
      expect(await program.invoke(python, "ItemsFilesRead", params)).toMatchObject(words);
    }
    // So does a program in any other language, also where its name is one of JavaScript's own.
    for (const programmingLanguage of ["Rust", "constructor", "__proto__", 7]) {
      const other = await program.init("Ada", { programmingLanguage });
      expect(await program.invoke(other, "ItemsFilesRead", { ...place, attr: attributes })).toMatchObject(words);
    }
  });

  test("is read by few programs at once while they do not take their answers, and then by others", async () => {
    const content = randomBytes(20 * MiB);
    const params = { item: await newItem(), file_params: fileOf(content.toString("base64")) };
    const { id, files } = (await program.document(client, "ItemsFilesAttach", params)) as Item;
    const place = { vault_id: vaultId, item_id: id, attr: files[0]?.attributes };
    const read = () => program.invoke(client, "ItemsFilesRead", place);
    const fits = Math.floor(SHARED_BYTES_MAX / content.length);
    const others = await Promise.all(Array.from({ length: fits }, () => openSdk(agent.socket)));
    // They send, and read nothing.
    for (const other of others) other.send(envelopeOf("invoke", invocation(client, "ItemsFilesRead", place)));
    await expect.poll(read).toMatchObject({ failure: { name: "busy" } });
    // A refused one leaves no file open: only so many may be.
    for (let more = 0; more < HANDLES_MAX; more++)
      expect(await read()).toMatchObject({
        failure: { message: expect.stringContaining("too much waits to be read") },
      });
    expect(await program.invoke(client, "VaultsGetOverview", { vault_id: vaultId })).toHaveProperty("document");
    for (const other of others) other.close();
    await expect.poll(async () => Object.keys(await read())).toEqual(["document"]);
  });

  test("of 4 MiB as a list of numbers comes with its new item, and goes back the same", async () => {
    const content = randomBytes(4 * MiB);
    const params = { category: "Login", vaultId, title: "with a file", files: [fileOf([...content])] };
    const item = (await program.document(client, "ItemsCreate", { params })) as Item;
    const attr = item.files[0]?.attributes;
    const read = await program.document(client, "ItemsFilesRead", { vault_id: vaultId, item_id: item.id, attr });
    expect(Buffer.from(read as number[]).equals(content)).toBe(true);
  });
});

describe("a line", () => {
  test("of the most bytes is read", async () => {
    program.send(lineOf(limits.sdkLineBytes, listing()));
    program.send("\n");
    expect(outcomeOf((await program.next()) ?? "")).toMatchObject({ document: expect.any(Array) });
  });

  test("of one byte more ends the connection, with the reason", async () => {
    const own = await openSdk(agent.socket);
    own.send(lineOf(limits.sdkLineBytes + 1, listing()));
    expect(outcomeOf((await own.next()) ?? "")).toMatchObject({
      failure: { message: expect.stringContaining(`the limit is ${limits.sdkLineBytes} bytes`) },
    });
    expect(await own.next()).toBeUndefined();
  });

  test("that is long and no request is refused, and the next one is read", async () => {
    program.send(Buffer.alloc(limits.lineBytes * 2, "x"));
    program.send("\n");
    expect(outcomeOf((await program.next()) ?? "")).toMatchObject({
      failure: { message: expect.stringContaining("must be JSON") },
    });
    expect(await program.invoke(client, "VaultsGetOverview", { vault_id: vaultId })).toHaveProperty("document");
  });
});

describe("while one long line comes slowly", () => {
  test("short requests are answered, a second long one waits for its turn, and both are answered", async () => {
    const [slow, next, short] = await Promise.all([1, 2, 3].map(() => openSdk(agent.socket)));
    if (slow === undefined || next === undefined || short === undefined) throw new Error("three were opened");
    const line = lineOf(2 * limits.lineBytes, listing());
    await new Promise((written) => slow.socket.write(line.subarray(0, -1), written));
    // Its turn has come once the agent has taken the bytes from the socket.
    next.send(line);
    next.send("\n");
    const order: string[] = [];
    const answers = [
      next.next().then((answer) => order.push(`next ${answer?.slice(0, 15)}`)),
      short.invoke(client, "VaultsGetOverview", { vault_id: vaultId }).then(() => order.push("short")),
    ];
    await answers[1];
    expect(order).toEqual(["short"]);
    slow.send(line.subarray(-1));
    slow.send("\n");
    await slow.next();
    await Promise.all(answers);
    expect(order).toEqual(["short", 'next {"success":true']);
    for (const one of [slow, next, short]) one.close();
  });

  test("its end lets the next one in", async () => {
    const slow = await openSdk(agent.socket);
    await new Promise((written) => slow.socket.write(Buffer.alloc(2 * limits.lineBytes, "x"), written));
    const answer = program.invoke(client, "ItemsList", {
      vault_id: vaultId,
      filters: [],
      more: "x".repeat(limits.lineBytes),
    });
    slow.close();
    expect(await answer).toHaveProperty("document");
  });
});
