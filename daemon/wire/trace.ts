// The trace's line for each request: method, times, outcome and ids. It never holds a parameter, a result, a name, a reference, or a word of a
// peer. So an unknown method and the peer's own request id are left out.
import { catalogue } from "../../protocol/catalogue.ts";
import { isId } from "../../protocol/crypto/encoding.ts";
import { refusalDetails } from "../call/call-topic.ts";
import type { Clock } from "../host/clock.ts";
import type { TraceFile } from "../host/trace-file.ts";
import type { Work } from "./in-flight.ts";
import { CANCEL } from "./request-shape.ts";

/** Ids in one line. For a call about more, their number follows. */
export const TRACE_IDS_MAX = 8;

export type ConnectionTrace = {
  /** Returns the same answer, and writes its line once the answer is there. */
  follow(value: unknown, work: Work, answer: PromiseLike<object | null>): PromiseLike<object | null>;
  /** Writes a line for an error of the connection itself: for a line that is no request, or in place of an answer. */
  refused(response: object): void;
};

/** Counts the connections of one agent, from 1. */
export type Trace = { connection(): ConnectionTrace };

export function createTrace(file: Pick<TraceFile, "write">, clock: Pick<Clock, "wallMs">): Trace {
  let connections = 0;
  const now = () => new Date(clock.wallMs()).toISOString();
  return {
    connection: () => {
      const connection = ++connections;
      let requests = 0;
      return {
        follow: (value, work, answer) => {
          const time = now();
          const request = ++requests;
          const method = methodOf(value);
          return answer.then((response) => {
            const { arrivedMs, waitedMs } = work.timing;
            const ms = rounded(performance.now() - arrivedMs);
            const { outcome, incident } = outcomeOf(response, work, method);
            file.write({
              ...{ time, connection, request, method, ms, waitedMs: rounded(waitedMs), outcome },
              ...(incident === undefined ? {} : { incident }),
              ...idsOf(work, outcome === "ok"),
            });
            return response;
          });
        },
        refused: (response) => file.write({ time: now(), connection, method: null, ...errorOf(response) }),
      };
    },
  };
}

/** Rounds to microseconds. Finer digits mean nothing. */
const rounded = (ms: number) => Math.round(ms * 1000) / 1000;

function methodOf(value: unknown): string | null {
  const method = (value as { method?: unknown } | null)?.method;
  return typeof method === "string" && (method === CANCEL || Object.hasOwn(catalogue, method)) ? method : null;
}

type Outcome = { readonly outcome: string; readonly incident?: string };

function errorOf(response: object | null): Outcome | undefined {
  const { error } = (response ?? {}) as { error?: { data: { name: string; incident?: string } } };
  if (error === undefined) return undefined;
  const { name, incident } = error.data;
  return { outcome: name, ...(incident === undefined ? {} : { incident }) };
}

/** The outcome of a notification, which has no response. It was noted on the way. */
function outcomeOf(response: object | null, { about }: Work, method: string | null): Outcome {
  const unnoted = method === null ? "methodNotFound" : "ok";
  return errorOf(response) ?? { outcome: response === null ? (about.failed ?? unnoted) : "ok" };
}

/**
 * The account, and the vaults and items that the gate has found. The gate does not look up a vault that is named by its id only. Such an id is
 * written once the call succeeded, since a peer may have invented it.
 */
function idsOf({ about }: Work, wentWell: boolean): { account?: string; ids?: string[]; idsMore?: number } {
  const account = about.session?.file.account;
  const vaults = wentWell ? (about.wanted ?? []).flatMap(({ scope }) => scope.vault ?? []) : [];
  const ids = [...new Set([...vaults, ...(refusalDetails(about).asked ?? [])].filter(isId))];
  return {
    ...(account === undefined ? {} : { account }),
    ...(ids.length === 0 ? {} : { ids: ids.slice(0, TRACE_IDS_MAX) }),
    ...(ids.length <= TRACE_IDS_MAX ? {} : { idsMore: ids.length - TRACE_IDS_MAX }),
  };
}
