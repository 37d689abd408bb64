// The page's calls to the service that it came from. Every outcome is a name in the table of errors.
import { type ErrorName, errors, PosternError } from "../../protocol/errors.ts";
import type { OperationName, OperationParams, OperationResult } from "../../protocol/service-catalogue.ts";

type PublicName = Extract<OperationName, "shares.state" | "shares.open" | "shares.getChunk">;

/** Milliseconds that an answer may take. A chunk of a file over a slow line takes longest. */
const ANSWER_MS = 60_000;

/** Calls an operation that needs no session. Throws offline where no answer comes, and the service's own error otherwise. */
export async function call<N extends PublicName>(name: N, params: OperationParams<N>): Promise<OperationResult<N>> {
  const { ok, body } = await send(name, params);
  if (ok) return body as OperationResult<N>;
  const said = (body as { error?: { name?: unknown } } | null)?.error?.name;
  throw new PosternError(typeof said === "string" && Object.hasOwn(errors, said) ? (said as ErrorName) : "offline");
}

async function send(name: string, params: object): Promise<{ ok: boolean; body: unknown }> {
  try {
    const response = await fetch(`/v1/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(params),
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return { ok: response.ok, body: await response.json() };
  } catch (error) {
    throw new PosternError("offline", undefined, { cause: error });
  }
}
