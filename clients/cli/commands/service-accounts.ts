// service-account: principals for programs. A token is printed once, on stdout, and kept nowhere.
import type { Command } from "commander";
import type { Methods } from "../../typescript/generated.ts";
import { type Agent, connect, unlocked } from "../agent/session.ts";
import { asPerson } from "../agent/with-password.ts";
import { addCommand, addGroup } from "../context.ts";
import { passwordFd } from "../files/secret-input.ts";
import { bitsOf, permissionWords } from "../generated-permission-names.ts";
import { idOf } from "../items/one-of.ts";
import { UsageError } from "../terminal/exit-code.ts";
import { jsonText } from "../terminal/json-text.ts";
import { localTime } from "../terminal/local-time.ts";
import { StdoutFailed, writeStdout } from "../terminal/stdout.ts";
import { oneLine, type Terminal, table } from "../terminal/terminal.ts";
import { durationMs } from "../text/duration.ts";
import { PERMISSIONS_HELP } from "./groups.ts";

type Listed = Methods["serviceAccounts.list"]["result"]["serviceAccounts"][number];
type Budget = Methods["serviceAccounts.rateLimit"]["result"]["reads"];
type Made = Methods["serviceAccounts.create"]["result"];
type PasswordOptions = { passwordFd?: string };

const NEVER = "never";

const expiresIn = (leftOut: string) =>
  ["--expires-in <time>", `when the token ends: 90m, 12h, 30d, 8w, or ${NEVER}; ${leftOut} when left out`] as const;

/** Reads `Demo:read_items,write_items`. The last colon stands between the vault's title and the permissions. */
function vaultFrom(text: string): { vault: string; permissions: string[] } {
  const at = text.lastIndexOf(":");
  const permissions = text.slice(at + 1).split(",");
  if (at < 1 || permissions.includes(""))
    throw new UsageError("--vault takes a vault and what is allowed there", "for one, --vault Demo:read_items");
  const unknown = permissions.find((word) => bitsOf(word) === undefined);
  if (unknown !== undefined)
    throw new UsageError(`--vault: ${oneLine(unknown)} is no permission`, `known are ${permissionWords.join(", ")}`);
  return { vault: text.slice(0, at), permissions };
}

const officialForm = [
  "--official-form",
  "print a token that begins with ops_, for a program that insists on it",
] as const;

const until = (option: string | undefined) =>
  option === undefined ? {} : ({ expiresInMs: option === NEVER ? NEVER : durationMs(option, "--expires-in") } as const);

const formOf = ({ officialForm }: { officialForm?: true }) => (officialForm === undefined ? {} : { officialForm });

/** The messages beside a token: its end, where nobody chose one, and the end of the token before. */
type Told = { readonly why?: string; readonly before?: string; readonly opens?: string };

const OPENS_VAULTS = "reads its vaults";

const LIKE_BEFORE = "as long a life as the one before it was given, since --expires-in was left out";
const DEFAULT_LENGTH = "90 days, since --expires-in was left out";

function told(made: Made, { why, before, opens = OPENS_VAULTS }: Told): string {
  const ends = made.expiresAt === undefined ? "Its token has no end" : `Its token ends ${localTime(made.expiresAt)}`;
  return [
    `postern: service account ${made.serviceAccountId}. ${ends}${why === undefined ? "" : ` (${why})`}.`,
    ...(before === undefined ? [] : [`  ${before}`]),
    `  The token below is shown only once. A program that has it ${opens}, and nobody is asked.`,
    "  next: give it to the program as POSTERN_SERVICE_ACCOUNT_TOKEN",
  ].join("\n");
}

/** What the first token of a service account opens. */
function opening(vaults: number, { canCreateVaults }: { canCreateVaults?: true }): Pick<Told, "opens"> {
  if (canCreateVaults === undefined) return {};
  return { opens: vaults === 0 ? "makes vaults" : `${OPENS_VAULTS} and makes others` };
}

/** Prints a token, which is shown this once. If it cannot be printed, nobody can use it. */
async function print(terminal: Terminal, made: Made, what: string, more: Told): Promise<void> {
  if (!terminal.json) terminal.tell(told(made, more));
  const { serviceAccountId: id, token } = made;
  await writeStdout(`${terminal.json ? jsonText(made) : token}\n`).catch((error: unknown) => {
    throw error instanceof StdoutFailed
      ? error.after(
          `${what} (${id}), and its token is lost`,
          `\`postern service-account rotate ${id}\` prints another one, \`postern service-account revoke ${id}\` ends it`,
        )
      : error;
  });
}

/** Finds a service account that was not revoked, by its id or its name. */
function idFor(agent: Agent, wanted: string, password: string): Promise<string> {
  return idOf("service account", wanted, () => living(agent, password));
}

async function living(agent: Agent, password: string): Promise<Listed[]> {
  const proof = { kind: "password", password } as const;
  const { serviceAccounts } = await agent.call("serviceAccounts.list", { proof });
  return serviceAccounts.filter(({ revokedAt }) => revokedAt === undefined);
}

/** Adds `postern service-account …`. */
export function addServiceAccountCommands(program: Command): void {
  const group = addGroup(
    program,
    "service-account",
    "service accounts: access for programs, by a token",
    "postern service-account list",
  );
  addCommand<PasswordOptions & { vault?: string[]; expiresIn?: string; canCreateVaults?: true; officialForm?: true }>(
    group,
    "create <name>",
    "make a service account, and print its token",
    "postern service-account create CI --vault Demo:read_items --expires-in 30d",
    [
      [
        "--vault <vault:permissions...>",
        `a vault (title or id) or environment (id), and permissions ${PERMISSIONS_HELP}`,
      ],
      expiresIn("90d"),
      ["--can-create-vaults", "let it make vaults; you come to them with every right"],
      officialForm,
      passwordFd,
    ],
    async (terminal, [title = ""], options) => {
      const vaults = (options.vault ?? []).map(vaultFrom);
      if (vaults.length === 0 && options.canCreateVaults === undefined)
        throw new UsageError(
          "--vault or --can-create-vaults is required: a token that opens nothing is of no use",
          "for one, --vault Demo:read_items",
        );
      const rights = options.canCreateVaults === undefined ? {} : { canCreateVaults: options.canCreateVaults };
      const asked = { vaults, ...rights, ...until(options.expiresIn), ...formOf(options) };
      await asPerson(terminal, options, async (agent, password) => {
        const made = await agent.call("serviceAccounts.create", { password, title, ...asked });
        const why = options.expiresIn === undefined ? { why: DEFAULT_LENGTH } : {};
        await print(terminal, made, "the service account was made", { ...why, ...opening(vaults.length, options) });
      });
    },
  );
  addList(group);
  addRotate(group);
  addRevoke(group);
  addRateLimit(group);
}

function addList(group: Command): void {
  addCommand<PasswordOptions>(
    group,
    "list",
    "list service accounts, their tokens and vaults",
    "postern service-account list",
    [passwordFd],
    (terminal, _args, options) =>
      asPerson(terminal, options, async (agent, password) => {
        const proof = { kind: "password", password } as const;
        const listed = await agent.call("serviceAccounts.list", { proof });
        terminal.result(listed, () =>
          table(["ID", "NAME", "STATE", "LAST USED", "MAY", "TOKENS"], listed.serviceAccounts.map(shown)),
        );
      }),
  );
}

function shown(account: Listed): string[] {
  const { id, title, tokens, vaults, canCreateVaults } = account;
  const used = tokens.flatMap(({ lastUsedAt = [] }) => lastUsedAt).sort();
  const may = vaults.map((one) => `${oneLine(one.title ?? one.vaultId)}: ${one.permissions.join(" ").toLowerCase()}`);
  if (canCreateVaults === true) may.push("make vaults");
  return [
    id,
    title,
    stateOf(account),
    lastUse(used.at(-1)),
    may.length === 0 ? "nothing" : may.join("; "),
    tokens.map((token, index) => tokenText(token, index < tokens.length - 1)).join("; "),
  ];
}

const lastUse = (at: string | undefined) => (at === undefined ? "never" : localTime(at));

/** The state of a service account. Without a working token it is shown as expired, whatever ended the token. */
function stateOf({ revokedAt, tokens }: Listed): string {
  if (revokedAt !== undefined) return "revoked";
  if (tokens.length === 0) return "no token";
  return tokens.every(({ expired }) => expired) ? "expired" : "active";
}

/** The tokens before the newest, which replaced them. Tokens that had ended by time were removed when the newest was made. */
function tokenText({ expiresAt, expired, lastUsedAt }: Listed["tokens"][number], isReplaced: boolean): string {
  const ended = isReplaced ? "replaced, ended" : "expired";
  const lives = isReplaced ? "replaced, lives to" : "to";
  const end = expiresAt === undefined ? "no end" : `${expired ? ended : lives} ${localTime(expiresAt)}`;
  return `${end}, used ${lastUse(lastUsedAt)}`;
}

/** The message about the token before, where there was one. */
function replacedText({ tokens }: Pick<Listed, "tokens">, overlap: string | undefined): string | undefined {
  if (tokens.every(({ expired }) => expired)) return undefined;
  return overlap === undefined
    ? "The token before it has ended with this: whatever still uses that one is refused from now on. With --overlap it lives on for a while."
    : `The token before it lives on for ${overlap} at most.`;
}

function addRotate(group: Command): void {
  addCommand<PasswordOptions & { overlap?: string; expiresIn?: string; officialForm?: true }>(
    group,
    "rotate <service-account>",
    "print the next token; the one before ends at once, or after --overlap",
    "postern service-account rotate CI --overlap 1h",
    [
      ["--overlap <time>", "how long the token before lives on, at most 7d; it ends at once when left out"],
      expiresIn("as long as the one before"),
      officialForm,
      passwordFd,
    ],
    async (terminal, [wanted = ""], options) => {
      const overlap = options.overlap === undefined ? {} : { overlapMs: durationMs(options.overlap, "--overlap") };
      const asked = { ...overlap, ...until(options.expiresIn), ...formOf(options) };
      await asPerson(terminal, options, async (agent, password) => {
        const all = await living(agent, password);
        const serviceAccountId = await idOf("service account", wanted, async () => all);
        const before = all.find(({ id }) => id === serviceAccountId) ?? { tokens: [] };
        const made = await agent.call("serviceAccounts.rotate", { password, serviceAccountId, ...asked });
        const leftOut = before.tokens.length === 0 ? DEFAULT_LENGTH : LIKE_BEFORE;
        const replaced = replacedText(before, options.overlap);
        await print(terminal, made, "the token was made and the one before has its end", {
          ...(options.expiresIn === undefined ? { why: leftOut } : {}),
          ...(replaced === undefined ? {} : { before: replaced }),
        });
      });
    },
  );
}

function addRevoke(group: Command): void {
  addCommand<PasswordOptions>(
    group,
    "revoke <service-account>",
    "end all its tokens at once; its vaults get new keys",
    "postern service-account revoke CI",
    [passwordFd],
    (terminal, [wanted = ""], options) =>
      asPerson(terminal, options, async (agent, password) => {
        const proof = { kind: "password", password } as const;
        const serviceAccountId = await idFor(agent, wanted, proof.password);
        await agent.call("serviceAccounts.revoke", { serviceAccountId, proof });
        terminal.result(
          { revoked: serviceAccountId },
          () => "Revoked. What it has read somebody may still know: change the secrets of those vaults.",
        );
      }),
  );
}

function addRateLimit(group: Command): void {
  addCommand(
    group,
    "ratelimit",
    "show how many requests the token in POSTERN_SERVICE_ACCOUNT_TOKEN has left",
    "postern service-account ratelimit",
    [],
    async (terminal) => {
      const agent = await connect(terminal);
      try {
        const { client } = agent;
        if (client === undefined)
          throw new UsageError("there is no token to ask about", "set POSTERN_SERVICE_ACCOUNT_TOKEN");
        const left = await unlocked(agent, () => agent.call("serviceAccounts.rateLimit", { client }));
        const row = (name: string, { limit, used, left: rest, resetsAt }: Budget) => [
          name,
          String(limit),
          String(used),
          String(rest),
          resetsAt === undefined ? "nothing used" : localTime(resetsAt),
        ];
        terminal.result(left, () =>
          table(
            ["KIND", "LIMIT", "USED", "LEFT", "FULL AGAIN"],
            [row("reads", left.reads), row("writes", left.writes)],
          ),
        );
      } finally {
        agent.close();
      }
    },
  );
}
