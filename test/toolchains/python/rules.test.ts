// Rules that the Python client has by itself, compared with ours: it reads the same references, finds the same paths on every system, refuses the same configurations, and
// draws from the same words.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { generatePassword, wordList } from "../../../protocol/secret/generate-password.ts";
import { parseReference } from "../../../protocol/secret/reference.ts";
import { dataFolder, type Surroundings, socketPath } from "../../../protocol/socket-path.ts";
import { configurations, verdicts } from "../../client/configurations.ts";
import { clientSource, programs, pythonsHere } from "./environment.ts";

type Outcome = { readonly value?: unknown } | { readonly error: string };
type Answers = Readonly<Record<"references" | "paths" | "folders" | "pins", Outcome[]>> &
  Readonly<Record<"words" | "configurations", string[]>>;

const outcome = (call: () => unknown): Outcome => {
  try {
    return { value: call() };
  } catch (error) {
    return { error: (error as Error).message };
  }
};

const parts = [
  "",
  "op://",
  "a",
  "b c",
  "/",
  "//",
  "?",
  "=",
  "attribute",
  "otp",
  "ssh-format",
  "openssh",
  "é",
  "\n",
  "%",
];

/** Every text of up to four parts behind a reference, and behind nothing. */
const references = ["", "op://a/b", "op://a/b/c", "op://a/b/c?"].flatMap((start) =>
  parts.flatMap((one) => parts.flatMap((two) => parts.map((three) => start + one + two + three))),
);

const values = [undefined, "", " ", "a", "/a", "/a/", "/", "/a\0", `/${"é".repeat(51)}`, `/${"a".repeat(120)}`];
const runtimes = [undefined, "/run/user/7", "/run/user/7/", "/run/user/8", "run", "/x//"];
const sids = [undefined, "S-1-5-21", "S-1", "x"];
const pipes = [undefined, "", "\\\\.\\pipe\\a", `\\\\.\\pipe\\${"a".repeat(248)}`, "C:\\a"];

const env = (entries: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as Record<string, string>;

const paths: Surroundings[] = [
  ...["linux", "darwin", "freebsd"].flatMap((platform) =>
    values.flatMap((POSTERN_SOCKET) =>
      values.flatMap((POSTERN_HOME) =>
        runtimes.map((XDG_RUNTIME_DIR) => ({
          ...{ platform, home: "/home/ada", uid: 7, sid: undefined },
          env: env({ POSTERN_SOCKET, POSTERN_HOME, XDG_RUNTIME_DIR }),
        })),
      ),
    ),
  ),
  ...pipes.flatMap((POSTERN_SOCKET) =>
    [...values, "C:\\a b\\", "\\a"].flatMap((POSTERN_HOME) =>
      sids.map((sid) => ({
        ...{ platform: "win32", home: "C:\\Users\\Ada", uid: undefined, sid },
        env: env({ POSTERN_SOCKET, POSTERN_HOME }),
      })),
    ),
  ),
];

/** What the data folder depends on. The client finds none on Windows. */
const folders: Surroundings[] = ["linux", "darwin", "freebsd"].flatMap((platform) =>
  values.flatMap((POSTERN_HOME) =>
    runtimes.map((XDG_DATA_HOME) => ({
      ...{ platform, home: "/home/ada", uid: 7, sid: undefined },
      env: env({ POSTERN_HOME, XDG_DATA_HOME }),
    })),
  ),
);

const pins = [2, 3, 12, 13];
const [python] = pythonsHere();
let answers: Answers;

beforeAll(() => {
  if (python === undefined) return;
  const out = execFileSync(python.program, [join(programs, "rules.py")], {
    input: JSON.stringify({
      references,
      paths: paths.map(known),
      folders: folders.map(known),
      pins,
      configurations,
    }),
    env: { PYTHONPATH: clientSource, PYTHONDONTWRITEBYTECODE: "1" },
    maxBuffer: 64 * 1024 * 1024,
  });
  answers = JSON.parse(out.toString()) as Answers;
});

/** JSON has no undefined. */
const known = (one: Surroundings) => ({ ...one, uid: one.uid ?? null });

/** The first input whose answers differ, with both. */
function firstDifference(inputs: readonly unknown[], theirs: readonly Outcome[], ours: readonly Outcome[]): unknown {
  const at = ours.findIndex((one, index) => JSON.stringify(one) !== JSON.stringify(theirs[index]));
  return at === -1 ? undefined : [inputs[at], theirs[at], ours[at]];
}

const nothing = (call: () => unknown) => () => {
  call();
  return null;
};

test.skipIf(python === undefined)("it accepts the same references, and refuses others in the same words", () => {
  const ours = references.map((one) => outcome(nothing(() => parseReference(one))));
  expect(ours.filter((one) => !("error" in one)).length).toBeGreaterThan(100);
  expect(firstDifference(references, answers.references, ours)).toBeUndefined();
});

test.skipIf(python === undefined)("it finds the same socket or pipe in every surrounding", () => {
  const ours = paths.map((one) => outcome(() => socketPath(one)));
  expect(new Set(ours.map((one) => JSON.stringify(one))).size).toBeGreaterThan(20);
  expect(firstDifference(paths, answers.paths, ours)).toBeUndefined();
});

test.skipIf(python === undefined)("it finds the same data folder in every surrounding", () => {
  const ours = folders.map((one) => outcome(() => dataFolder(one)));
  expect(firstDifference(folders, answers.folders, ours)).toBeUndefined();
});

test.skipIf(python === undefined)("it refuses to open a client in the same words, before it connects", () => {
  expect(answers.configurations).toEqual(verdicts);
});

test.skipIf(python === undefined)("it makes passwords in the same ranges of the same words", () => {
  const random = (size: number) => new Uint8Array(size);
  const ours = pins.map((length) =>
    outcome(() => generatePassword({ type: "Pin", parameters: { length } }, random).length),
  );
  expect(answers.pins).toEqual(ours);
  const hash = (words: readonly string[]) => createHash("sha256").update(words.join(" ")).digest("hex");
  expect(answers.words).toEqual(
    (["fullWords", "syllables", "threeLetters"] as const).map((name) => hash(wordList(name))),
  );
});
