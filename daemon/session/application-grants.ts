// Application grants: a person allowed every later start of one program to read listed references. They lie in the sealed device store, so they
// rest while the account is locked. They end after a day, at the end of the boot, and when the person locks. A lock by the clock leaves them.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PosternError } from "../../protocol/errors.ts";
import type { Moment } from "../host/clock.ts";
import { readOurs } from "../host/data-folder.ts";
import { isUnwritten, writeFileDurably } from "../host/private-files.ts";
import { StartRefused } from "../host/start-refused.ts";
import type { ApplicationGrant, DeviceState, DeviceStore } from "./device-store.ts";
import type { Session } from "./session.ts";

/** Milliseconds after which an application grant ends: a day, so that a program asks once a day. */
export const APPLICATION_MS = 24 * 60 * 60_000;

/**
 * Bytes of all application grants of an account, as JSON. The device store holds a mebibyte. Ten programs with fifty secrets each have about 100 kB. The
 * oldest grant ends beyond it.
 */
export const APPLICATION_BYTES_MAX = 256 * 1024;

/** Names this boot of the machine, random(4). */
export const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();

/** The application grants that have not ended. */
export function livingApplications({ applications }: DeviceState, now: Moment, boot: string): ApplicationGrant[] {
  return (applications ?? []).filter((one) => one.boot === boot && leftMs(one, now) > 0);
}

/** Milliseconds until the end, by the clock that says the least. */
export const leftMs = (one: ApplicationGrant, now: Moment): number =>
  APPLICATION_MS - Math.max(now.wallMs - one.wallMs, now.bootMs - one.bootMs);

/** Adds one. The promise is fulfilled once it is on disk. Throws tooLarge where it alone has no room. */
export async function addApplication({ change }: DeviceStore, added: ApplicationGrant, now: Moment): Promise<void> {
  if (bytesOf([added]) > APPLICATION_BYTES_MAX)
    throw new PosternError("tooLarge", `what is kept of a program has ${APPLICATION_BYTES_MAX / 1024} KiB`);
  await change((state) => {
    const applications = [...livingApplications(state, now, added.boot), added];
    while (bytesOf(applications) > APPLICATION_BYTES_MAX) applications.shift();
    return { ...state, applications };
  });
}

const bytesOf = (those: readonly ApplicationGrant[]) => Buffer.byteLength(JSON.stringify(those));

/** Ends those with these ids. The promise is fulfilled once that is on disk. */
export function endApplications({ change }: DeviceStore, ids: readonly string[]): Promise<void> {
  return change((state) => ({
    ...state,
    applications: (state.applications ?? []).flatMap((one) => {
      const given = one.given.filter(({ id }) => !ids.includes(id));
      return given.length === 0 ? [] : [{ ...one, given }];
    }),
  }));
}

const withoutAll = ({ applications: _ended, ...state }: DeviceState): DeviceState => state;

/**
 * Ends all of an account, since its person locks. While the account is locked its store cannot be changed. Then a mark beside it says so to the next
 * unlock, and this agent also remembers it. Returns whether it is on disk.
 */
export async function endAllApplications(session: Session, folder: string): Promise<boolean> {
  const { unlocked } = session;
  session.applicationsEnded = true;
  try {
    if (unlocked === undefined) await writeFileDurably(join(folder, MARK), new Uint8Array());
    else if (unlocked.store.state.applications !== undefined) await unlocked.store.change(withoutAll);
    return true;
  } catch (error) {
    if (!isUnwritten(error)) throw error;
    return false;
  }
}

const MARK = "applications-ended";

/** At an unlock: ends what a lock could not end. The mark goes only once that is on disk. */
export async function endMarkedApplications(session: Session, store: DeviceStore, folder: string): Promise<void> {
  const mark = markIn(folder);
  const isMarked = session.applicationsEnded || mark !== "none";
  if (isMarked && store.state.applications !== undefined) await store.change(withoutAll);
  if (mark === "ours") rmSync(join(folder, MARK), { force: true });
  session.applicationsEnded = false;
}

/** A strange thing in its place counts as the mark, and stays. */
function markIn(folder: string): "none" | "ours" | "strange" {
  try {
    return readOurs(join(folder, MARK), 0) === undefined ? "none" : "ours";
  } catch (error) {
    if (error instanceof StartRefused) return "strange";
    throw error;
  }
}
