// One line of the official SDKs' door, as the agent reads it. test/interop compares it with the official core. Here are its own bounds.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasHalfCharacter, hasPartsAtMost } from "../../protocol/framing.ts";
import { FAILURE_LENGTH_MAX, failureOf, failureText } from "../../protocol/sdk/failure.ts";
import { REQUEST_PARTS_MAX, readSdkRequest } from "../../protocol/sdk/request.ts";

const utf8 = new TextEncoder();
const lineOf = (kind: unknown, body: string) =>
  utf8.encode(JSON.stringify({ kind, account_name: "Ada", payload: utf8.encode(body).toBase64() }));
const call = (name: string, parameters: string) =>
  `{"invocation":{"clientId":1,"parameters":{"name":${JSON.stringify(name)},"parameters":${parameters}}}}`;
const failureIn = (line: Uint8Array) => {
  const request = readSdkRequest(line);
  return "failure" in request ? request.failure : undefined;
};

describe("any line", () => {
  test("of any bytes is a request or a failure, and never an exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(failureIn(bytes)).toBeDefined();
      }),
      { numRuns: 2_000 },
    );
  });

  test("of any JSON in a payload is a request or a failure, and never an exception", () => {
    const kinds = fc.constantFrom("init_client", "invoke", "release_client", "__proto__");
    fc.assert(
      fc.property(kinds, fc.jsonValue(), (kind, value) => {
        const body = JSON.stringify(value);
        const request = readSdkRequest(lineOf(kind, body));
        expect("failure" in request || kind === "release_client").toBe(true);
        readSdkRequest(lineOf(kind, call("ItemsCreate", `{"params":${body}}`)));
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(["__proto__", "constructor", "toString", "hasOwnProperty"])("with the operation %s is refused", (name) => {
    expect(failureIn(lineOf("invoke", call(name, "{}")))?.message).toContain("no such operation");
  });

  test("with a key of every object's prototype changes nothing", () => {
    const request = readSdkRequest(
      lineOf("invoke", call("ItemsGet", '{"vault_id":"v","item_id":"i","__proto__":{"polluted":1}}')),
    );
    expect(request).toMatchObject({ kind: "invoke", name: "ItemsGet" });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe("a request of many parts", () => {
  const holding = (list: string) => call("SecretsResolve", `{"secret_reference":"r","more":[${list}]}`);
  /** The parts of the request around the list. */
  const own = Array.from({ length: 40 }, (_, parts) => parts).find((parts) =>
    hasPartsAtMost(utf8.encode(holding("")), parts),
  );
  const of = (part: string, parts: number) =>
    lineOf(
      "invoke",
      holding(
        Array(parts - (own ?? 0))
          .fill(part)
          .join(","),
      ),
    );

  test.each(["{}", "[]", '""', "1.5", "1e5"])("%s is read at the limit, and refused one past it", (part) => {
    expect(failureIn(of(part, REQUEST_PARTS_MAX))).toBeUndefined();
    expect(failureIn(of(part, REQUEST_PARTS_MAX + 1))?.message).toContain(`more than ${REQUEST_PARTS_MAX} parts`);
  });

  test("may have as many whole numbers as fit into its line", () => {
    expect(
      failureIn(
        lineOf(
          "invoke",
          holding(
            Array(2 * REQUEST_PARTS_MAX)
              .fill("7")
              .join(","),
          ),
        ),
      ),
    ).toBeUndefined();
  });
});

describe("half a character", () => {
  test("is found in a JSON text exactly where its value has one", () => {
    const unit = fc.constantFrom(
      "\\ud83d",
      "\\uDE00",
      "\\uDBFF",
      "\\udc00",
      "\\\\",
      "ud83d",
      '\\"',
      "\\ud7ff",
      "\\ue000",
      "é😀",
      "\\n",
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 8 }), (units) => {
        const text = `"${units.join("")}"`;
        expect(hasHalfCharacter(utf8.encode(text))).toBe(!(JSON.parse(text) as string).isWellFormed());
      }),
      { numRuns: 5_000 },
    );
  });

  test.each(["\\", "\\u", "\\ud", "\\ud8", "\\ud83d", "\\ud83d\\", "\\ud83d\\u"])(
    "is looked for up to the end of %j",
    (text) => {
      expect(typeof hasHalfCharacter(utf8.encode(text))).toBe("boolean");
    },
  );

  test("does not make a long list slow: beside a whole one, ten million numbers are read", () => {
    const numbers = "7,".repeat(10_000_000);
    const body = call("SecretsResolve", `{"secret_reference":"\\ud83d\\ude00","more":[${numbers}7]}`);
    expect(failureIn(lineOf("invoke", body))).toBeUndefined();
  });
});

describe("an integration's name of characters that are not allowed", () => {
  const faults = (count: number) => {
    const config = { integrationName: "/".repeat(count), integrationVersion: "1" };
    const { message = "" } = failureIn(lineOf("init_client", JSON.stringify(config))) ?? {};
    return message.split("unallowed char: '/'").length - 1;
  };

  test.each([
    [1, 1],
    [100, 100],
    [101, 100],
    [100_000, 100],
  ])("%i of them are told as %i", (count, told) => {
    expect(faults(count)).toBe(told);
  });

  test("behind thousands of allowed ones is found", () => {
    const config = { integrationName: `${"n".repeat(100_000)}/`, integrationVersion: "1" };
    expect(failureIn(lineOf("init_client", JSON.stringify(config)))?.message).toContain("unallowed char: '/'");
  });
});

describe("a fault far down a long list", () => {
  const file = (content: string) =>
    `{"params":{"category":"Login","vaultId":"v","title":"t","files":[{"name":"n","sectionId":"","fieldId":"f","content":[${content}]}]}}`;

  test.each([
    ["at its start", `256,${"1,".repeat(1_000)}1`, "params.files"],
    ["at its end", `${"1,".repeat(1_000)}256`, "a long list is wrong"],
  ])("%s is found", (_where, content, words) => {
    expect(failureIn(lineOf("invoke", call("ItemsCreate", file(content))))?.message).toContain(words);
  });
});

describe("parts of a text", () => {
  test.each<[string, number]>([
    ["", 0],
    ["7", 0],
    ["[1,2,3]", 1],
    ['["a","b"]', 3],
    ['{"a":{"b":[]}}', 5],
    ["[1.5,2e3,2E3]", 4],
    ['"a \\" [ { . e"', 1],
    ['"\\\\"', 1],
  ])("%s has %i", (text, parts) => {
    expect(hasPartsAtMost(utf8.encode(text), parts)).toBe(true);
    if (parts > 0) expect(hasPartsAtMost(utf8.encode(text), parts - 1)).toBe(false);
  });
});

describe("a failure", () => {
  test("is short, and has ASCII characters only", () => {
    const text = failureText({ name: "Internal", message: `é😀\n${"x".repeat(FAILURE_LENGTH_MAX)}` });
    expect(text).toMatch(/^[\x20-\x7e]+$/);
    const { message } = JSON.parse(text) as { message: string };
    expect(message.startsWith("é😀\n")).toBe(true);
    expect(message.length).toBe(FAILURE_LENGTH_MAX);
  });

  test.each([
    [
      { name: "locked", message: "m", hint: "h" },
      { name: "DesktopSessionExpired", message: "m (h)" },
    ],
    [
      { name: "clientNotFound", message: "m" },
      { name: "DesktopSessionExpired", message: "m" },
    ],
    [
      { name: "rateLimitExceeded", message: "m", hint: "h" },
      { name: "RateLimitExceeded", message: "m" },
    ],
    [
      { name: "approvalDenied", message: "m" },
      { name: "approvalDenied", message: "m" },
    ],
    [
      { name: "ofALaterAgent", message: "m", hint: "h" },
      { name: "ofALaterAgent", message: "m (h)" },
    ],
    [
      { name: "constructor", message: "m" },
      { name: "constructor", message: "m" },
    ],
  ])("%j has the official name, and a next step only where the words are ours", (ours, official) => {
    expect(failureOf(ours)).toEqual(official);
  });
});
