// Asks polkit whether a process of this user may do Postern's action. A yes means that the user has just proven who they are, so one for which nobody
// was asked must never count.
import type { Native } from "../host/native.ts";
import { ACTION, QUESTION } from "./action-file.ts";
import { type Bus, openBus, Unavailable } from "./bus.ts";
import type { Method, Reader, Writer } from "./bus-message.ts";

/** Milliseconds for all that needs no person: the bus may have to start polkit first. */
const START_MS_MAX = 10_000;

/** A process that asks. Its start tells it from a later one with the same number. */
export type Asker = { readonly pid: number; readonly startTicks: number; readonly uid: number };

/** `proven`: the user proved who they are. `failed`: somebody tried and did not. `dismissed`: a person closed the dialogue. */
export type Verdict = "proven" | "failed" | "dismissed";

export type Authority = {
  /** Asks a person, who reads the text. Throws Unavailable where nobody can be asked, nobody was, or the signal came. */
  ask(asker: Asker, text: string, signal: AbortSignal): Promise<Verdict>;
};

type Answer = {
  readonly isAuthorized: boolean;
  /** Whether it takes a proof. With one asked for, it means that there is no dialogue. */
  readonly isChallenge: boolean;
  readonly details: ReadonlyMap<string, string>;
};

const bus = (member: string): Method => ({
  destination: "org.freedesktop.DBus",
  path: "/org/freedesktop/DBus",
  interface: "org.freedesktop.DBus",
  member,
});

const check: Method = {
  destination: "org.freedesktop.PolicyKit1",
  path: "/org/freedesktop/PolicyKit1/Authority",
  interface: "org.freedesktop.PolicyKit1.Authority",
  member: "CheckAuthorization",
};

const nothing = { types: "", write: () => undefined } as const;

const ALLOW_INTERACTION = 1;

/** The machine's polkit. */
export function systemAuthority(native: Pick<Native, "peerCredentials">): Authority {
  return {
    ask: async (asker, text, signal) => {
      const end = new AbortController();
      const timer = setTimeout(() => end.abort(new Unavailable("polkit does not answer")), START_MS_MAX);
      try {
        const opened = await openBus(native, AbortSignal.any([signal, end.signal]));
        await demandAsking(opened, asker, text);
        clearTimeout(timer);
        const verdict = verdictOf(await checked(opened, asker, text, ALLOW_INTERACTION));
        // A rule that came while the dialogue was open may have given this yes.
        if (verdict === "proven") await demandProof(opened, asker, text);
        return verdict;
      } finally {
        clearTimeout(timer);
        end.abort();
      }
    },
  };
}

/** Throws Unavailable unless a person would be asked, about the process that is meant. */
async function demandAsking(opened: Bus, asker: Asker, text: string): Promise<void> {
  const name = await opened.call(bus("Hello"), nothing, { types: "s", read: (answer) => answer.text() });
  const asked = { types: "s", write: (writer: Writer) => writer.text(name) };
  const number = { types: "u", read: (answer: Reader) => answer.u32() };
  const pid = await opened.call(bus("GetConnectionUnixProcessID"), asked, number);
  // In a container with the machine's bus the numbers of processes mean other ones there.
  if (pid !== process.pid) throw new Unavailable("the system counts processes otherwise than this agent");
  const first = await demandProof(opened, asker, text);
  if (!first.isChallenge) throw new Unavailable("the system's rules say no");
  if (first.details.has("polkit.retains_authorization_after_challenge"))
    throw new Unavailable("the system's rules keep an answer, which then counts for other questions");
}

/** Throws Unavailable where polkit says yes and asks nobody: by a rule, by an earlier answer that is kept, or about root's process. */
async function demandProof(opened: Bus, asker: Asker, text: string): Promise<Answer> {
  const answer = await checked(opened, asker, text, 0);
  if (answer.isAuthorized) throw new Unavailable("polkit says yes without asking anybody");
  return answer;
}

function verdictOf({ isAuthorized, isChallenge, details }: Answer): Verdict {
  if (details.has("polkit.temporary_authorization_id")) throw new Unavailable("polkit says yes without asking anybody");
  if (isAuthorized) return "proven";
  if (isChallenge) throw new Unavailable("there is no dialogue of the system where the program runs");
  return details.has("polkit.dismissed") ? "dismissed" : "failed";
}

function checked(opened: Bus, { pid, startTicks, uid }: Asker, text: string, flags: number): Promise<Answer> {
  const write = (writer: Writer): void => {
    writer.align(8);
    writer.text("unix-process");
    writer.array(8, () => {
      entry(writer, "pid", "u", () => writer.u32(pid));
      entry(writer, "start-time", "t", () => writer.u64(startTicks));
      entry(writer, "uid", "i", () => writer.i32(uid));
    });
    writer.text(ACTION);
    writer.array(8, () => {
      writer.align(8);
      writer.text(QUESTION);
      writer.text(text);
    });
    writer.u32(flags);
    // No name by which it could be cancelled: the end of the connection does that.
    writer.text("");
  };
  return opened.call(check, { types: "(sa{sv})sa{ss}us", write }, { types: "(bba{ss})", read: answerIn });
}

function entry(writer: Writer, name: string, type: string, value: () => void): void {
  writer.align(8);
  writer.text(name);
  writer.signature(type);
  value();
}

function answerIn(body: Reader): Answer {
  body.align(8);
  const isAuthorized = body.flag();
  const isChallenge = body.flag();
  const details = new Map<string, string>();
  body.array(8, () => {
    body.align(8);
    details.set(body.text(), body.text());
  });
  return { isAuthorized, isChallenge, details };
}
