// The programs of the demonstration, each a process of its own that knows nothing of the others.
import assert from "node:assert/strict";
import { programPath } from "../agent/start-agent.ts";
import type { Stage } from "./stage.ts";

/** A program's answer, without the value. */
export type Answer = {
  readonly program: string;
  readonly reference: string;
  readonly kind?: string;
  readonly size?: number;
  readonly cached?: boolean;
  readonly ageMs?: number;
  readonly tookUs?: number;
  readonly error?: string;
};

export type Program = { readonly shown: string; run(): Promise<Answer[]> };

type References = Readonly<Record<string, string>>;

const pick = (references: References, ...names: readonly string[]) =>
  names.flatMap((name) => (references[name] === undefined ? [] : [references[name]]));

/** The three programs that are approved. */
export function programs(stage: Stage, socket: string, references: References): Program[] {
  const script = programPath("./demo-script.mjs", "./demo/script.ts");
  const inScript = pick(references, "DATABASE_URL", "STRIPE_SECRET_KEY", "Deploy key", "Payment console");
  const [inShell = "", inNc = ""] = pick(references, "DATABASE_URL", "SESSION_SECRET");
  return [
    {
      shown: `node demo-script ${inScript.map((one) => `'${one}'`).join(" ")}`,
      run: async () =>
        linesOf("node script", await output(stage, process.execPath, ["--no-warnings", script, ...inScript])),
    },
    {
      shown: `sh -c "postern read --json '${inShell}'"`,
      run: async () =>
        linesOf(
          "postern read",
          await output(stage, "sh", [
            "-c",
            '"$0" --no-warnings "$1" read --json "$2"; "$0" --no-warnings "$1" read --json "$2"',
            process.execPath,
            programPath("./postern.js", "./main.ts"),
            inShell,
          ]),
          inShell,
        ),
    },
    { shown: `nc -N -U agent.sock <<< '${requestOf(inNc)}'`, run: () => netcat(stage, socket, inNc) },
  ];
}

/** The program that the person does not know. */
export function refusedProgram(stage: Stage, socket: string, references: References): Program {
  const [reference = ""] = pick(references, "S3_SECRET_ACCESS_KEY");
  const source = `
    const socket = require("node:net").connect(process.argv[1]);
    socket.write(process.argv[2] + "\\n");
    socket.on("data", (line) => { process.stdout.write(line); socket.end(); });`;
  return {
    shown: `node -e '…' '${reference}'   (a program that the person does not know)`,
    run: async () =>
      answersOf(
        "unknown program",
        reference,
        await output(stage, process.execPath, ["-e", source, socket, requestOf(reference)]),
      ),
  };
}

function requestOf(reference: string): string {
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method: "secrets.resolve", params: { reference } });
}

async function netcat(stage: Stage, socket: string, reference: string): Promise<Answer[]> {
  try {
    return answersOf("nc", reference, await output(stage, "nc", ["-N", "-U", socket], `${requestOf(reference)}\n`));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      return [{ program: "nc", reference, error: "nc is not installed here" }];
    throw error;
  }
}

/** Runs a program to its end. Returns its output. */
function output(stage: Stage, program: string, args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = stage.spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    const { stdin, stdout } = child;
    assert(stdin !== null && stdout !== null, "both were asked for as pipes");
    let text = "";
    stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    child.once("error", reject);
    child.once("close", () => resolve(text));
    // A program may end before it has read all its input. Its output shows what happened.
    stdin.on("error", () => undefined);
    stdin.end(input);
  });
}

/** Reads one JSON answer a line, which is the output of the script and the command. */
function linesOf(program: string, text: string, reference = ""): Answer[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => answerOf(program, reference, JSON.parse(line) as Result));
}

type Result = {
  reference?: string;
  secret?: string;
  size?: number;
  kind: string;
  cached: boolean;
  ageMs: number;
  tookUs: number;
};

function answerOf(program: string, reference: string, result: Result): Answer {
  return {
    program,
    reference: result.reference ?? reference,
    kind: result.kind,
    size: result.size ?? result.secret?.length ?? 0,
    cached: result.cached,
    ageMs: result.ageMs,
    tookUs: result.tookUs,
  };
}

/** Reads one JSON-RPC response of the socket. */
function answersOf(program: string, reference: string, line: string): Answer[] {
  const response = JSON.parse(line) as { result?: Result; error?: { message: string } };
  if (response.result === undefined) return [{ program, reference, error: response.error?.message ?? "no answer" }];
  return [answerOf(program, reference, response.result)];
}
