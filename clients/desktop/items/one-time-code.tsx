// A one-time code with the time that it has left. The agent makes each code: the seed is never drawn. The page asks for the next code as long as a
// person may be looking, and then stops, since each asking keeps its grant alive.
import { useEffect, useState } from "preact/hooks";
import type { ItemField } from "../../typescript/generated.ts";
import type { Channel } from "../channel.ts";
import { faultText } from "../fault-text.ts";
import { CopyButton } from "./copy-button.tsx";

/** Codes that follow by themselves: five minutes of the usual thirty seconds. */
const FOLLOWING_MAX = 10;

const TICK_MS = 1_000;
const PERIOD_S = 30;

/** The seconds of a code, as the seed's address says. The agent checked that address. */
const periodOf = (seed: string): number => Number(/[?&]period=(\d{1,5})\b/i.exec(seed)?.[1] ?? PERIOD_S) || PERIOD_S;

type CodeProps = {
  readonly channel: Channel;
  readonly field: ItemField;
  readonly name: string;
  /** Reads the field anew. Nobody is asked unless `mayAsk`. */
  readonly readField: (mayAsk: boolean) => Promise<ItemField | undefined>;
};

export function OneTimeCode({ channel, field: first, name, readField }: CodeProps) {
  const [field, setField] = useState(first);
  const [fault, setFault] = useState<string>();
  const [following, setFollowing] = useState(0);
  const period = periodOf(field.value);
  const second = useSecond(channel);
  const step = Math.floor(second / period);
  const [readAt, setReadAt] = useState(step);
  const isPast = step !== readAt;
  const read = (mayAsk: boolean, at: number) =>
    readField(mayAsk).then(
      (next) => {
        setFault(undefined);
        if (next !== undefined) setField(next);
        setReadAt(at);
      },
      (error: unknown) => {
        setFollowing(FOLLOWING_MAX);
        setFault(faultText(error));
      },
    );
  useEffect(() => {
    if (!isPast || following >= FOLLOWING_MAX || document.visibilityState === "hidden") return;
    setFollowing(following + 1);
    read(false, step);
  }, [step]);
  const again = () => {
    setFollowing(0);
    read(true, step);
  };
  const { code, errorMessage } = field.details?.type === "Otp" ? field.details.content : {};
  if (code === undefined) return <p class="bad">{errorMessage ?? "The agent made no code."}</p>;
  if (isPast && (following >= FOLLOWING_MAX || fault !== undefined))
    return (
      <>
        {fault !== undefined && <p class="fault">{fault}</p>}
        <button type="button" aria-label={`Show a new code of ${name}`} onClick={again}>
          Show a new code
        </button>
      </>
    );
  return (
    <>
      <span class="code">{code}</span>
      <span class="left-of-code">{isPast ? "…" : `${period - (second % period)} s left`}</span>
      <CopyButton text={code} name={name} />
    </>
  );
}

/** The second of the agent's clock, which made the code. */
function useSecond(channel: Channel): number {
  const now = () => Math.floor((Date.now() + channel.aheadMs) / TICK_MS);
  const [second, setSecond] = useState(now);
  useEffect(() => {
    const timer = setInterval(() => setSecond(now()), TICK_MS / 4);
    return () => clearInterval(timer);
  }, [channel]);
  return second;
}
