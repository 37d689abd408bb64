// Both packages before the compiler: every type and every value of the official one is assignable to ours, and ours to it. What is not
// stands in a list with its reason, and the list has nothing else.
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OfficialName, officialNames } from "./official-names.ts";
import { makeProject, type Project } from "./project.ts";
import { hasTool, toolModules } from "./toolbox.ts";

const TIME_MS = 120_000;

const MORE =
  "ours gives call, onEvent and close too; the last form of createClient, which mocks take their type from, gives what is official";
const PRIVATE =
  "the official class has a private member, so no other class is that one; client.secrets has no class in its type";
const INNER = "the constructor takes a part of the official core, which that package does not export";
const FIELDS =
  "ours say more: errorName, code, hint; programs make one with `new` and a message alone, and that is as officially";

/** `to ours`: the official one cannot stand in for ours. `to theirs`: the other way. `type` and `value` are the meanings of a name. */
const exceptions: Readonly<Record<string, string>> = {
  "createClient, value, to ours": MORE,
  "Secrets, type, to theirs": PRIVATE,
  "Secrets, type, to ours": PRIVATE,
  "Secrets, value, to theirs": PRIVATE,
  "Secrets, value, to ours": PRIVATE,
  "Client, value, to theirs": INNER,
  "Client, value, to ours": INNER,
  "DesktopSessionExpiredError, type, to ours": FIELDS,
  "DesktopSessionExpiredError, value, to ours": FIELDS,
  "RateLimitExceededError, type, to ours": FIELDS,
  "RateLimitExceededError, value, to ours": FIELDS,
};

const there = hasTool("@1password");
let project: Project;
let names: readonly OfficialName[];

beforeAll(() => {
  project = makeProject();
  names = there ? officialNames() : [];
}, 120_000);
afterAll(() => project.remove());

type Line = { readonly what: string; readonly text: string };

/** A line of a program for each direction of each meaning. A line that does not compile is not assignable. */
function linesOf({ name, parameters, isType, isValue }: OfficialName): Line[] {
  const with_ = parameters === 0 ? "" : `<${Array(parameters).fill("{ a: string }").join(", ")}>`;
  const pairs = [
    ...(isType ? [["type", `ours.${name}${with_}`, `theirs.${name}${with_}`]] : []),
    ...(isValue ? [["value", `typeof ours.${name}`, `typeof theirs.${name}`]] : []),
  ];
  return pairs.flatMap(([meaning, mine, official]) => [
    { what: `${name}, ${meaning}, to theirs`, text: `assign<${official}>(null! as ${mine});` },
    { what: `${name}, ${meaning}, to ours`, text: `assign<${mine}>(null! as ${official});` },
    // Whatever is any is assignable to all, and would hide the rest.
    { what: `${name}, ${meaning}, is any`, text: `assign<false>(null! as IsAny<${mine}>);` },
  ]);
}

const HEAD = [
  'import type * as ours from "@postern/client";',
  'import type * as theirs from "@1password/sdk";',
  "declare function assign<T>(value: T): void;",
  "type IsAny<T> = 0 extends 1 & T ? true : false;",
];

/** What the compiler refuses of both packages beside each other. */
async function refused(compiler: string, options: object): Promise<string[]> {
  const lines = names.flatMap(linesOf);
  project.write("parity.mts", [...HEAD, ...lines.map(({ text }) => text)].join("\n"));
  const compilerOptions = { strict: true, noEmit: true, module: "nodenext", target: "es2022", types: [], ...options };
  project.write("tsconfig.json", JSON.stringify({ files: ["parity.mts"], compilerOptions }));
  const { out } = await project.run([process.execPath, join(toolModules, compiler, "bin", "tsc"), "--pretty", "false"]);
  const found = [...out.matchAll(/^(\S+)\((\d+),\d+\): error (.*)$/gm)];
  const elsewhere = found.filter(([, file]) => file !== "parity.mts").map(([all]) => all);
  expect(elsewhere).toEqual([]);
  const at = new Set(found.map(([, , line]) => Number(line) - 1 - HEAD.length));
  return lines.filter((_line, index) => at.has(index)).map(({ what }) => what);
}

describe.skipIf(!there)("every official name", () => {
  test("is read: types, enums, classes, constants and functions", () => {
    expect(names.filter(({ isType }) => isType).length).toBeGreaterThan(60);
    expect(names.filter(({ isValue }) => isValue).length).toBeGreaterThan(35);
  });

  test.each([
    ["typescript-5", {}],
    ["typescript-5", { exactOptionalPropertyTypes: true }],
    ["typescript-7", {}],
    ["typescript-7", { exactOptionalPropertyTypes: true }],
  ] as const)("is assignable both ways, for %s with %j", { timeout: TIME_MS }, async (compiler, options) => {
    expect(await refused(compiler, options)).toEqual(Object.keys(exceptions));
  });
});
