// A write of one item is read back before it is called done. A service could acknowledge it and drop it.
import type { SealedItem } from "../../protocol/crypto/item.ts";
import { PosternError } from "../../protocol/errors.ts";
import type { OperationResult } from "../../protocol/service-catalogue.ts";
import type { ServiceSession } from "./service-session.ts";

type Place = { readonly vault: string; readonly item: string };
type Calling = Pick<ServiceSession, "call">;
type SealedOverview = OperationResult<"items.overviews">["items"][number]["sealed"];

/**
 * Errors that say nothing about the write: the caller may not read, has no reads left, or the service went away meanwhile. The write was acknowledged
 * then. To call it failed would have it made a second time.
 */
const CANNOT_LOOK: readonly string[] = ["notPermitted", "rateLimitExceeded", "offline", "busy"];

/** Throws serviceRefused where the service does not have the revision. Somebody may have written after us. */
export async function demandWritten(session: Calling, place: Place, sent: SealedItem): Promise<void> {
  const seen = await rowNow(session, place);
  if (seen === "unseen") return;
  const isLater = seen !== undefined && seen.revision > sent.revision;
  const isOurs = seen !== undefined && seen.revision === sent.revision && seen.signature === sent.signature;
  const isDone = isLater || (sent.state === "deleted" ? seen === undefined : isOurs);
  if (!isDone) throw new PosternError("serviceRefused", "it said that the write is done, and does not have it");
}

/** The stored row without its details, which its signature covers. Undefined for one that is deleted or was never there. */
async function rowNow(session: Calling, { vault, item }: Place): Promise<SealedOverview | undefined | "unseen"> {
  try {
    const { items } = await session.call("items.overviews", { vault, items: [item] });
    return items.find((one) => one.item === item)?.sealed;
  } catch (error) {
    if (error instanceof PosternError && CANNOT_LOOK.includes(error.name)) return "unseen";
    throw error;
  }
}
