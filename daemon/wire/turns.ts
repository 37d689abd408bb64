// Turns of the loop for programs that no person has allowed yet. One thread serves everybody. A program with a yes is served as its bytes arrive.
// All others wait in line behind it, and their work is done in slices, a line or a request of a batch at a time. Whoever has used the least time
// comes next. So a flood of strangers delays itself. Nothing here waits for a person: a request that asks one has had its turn.

/**
 * `known` has a yes, or a token of a service that an account here uses. `own` is our own command or page without one: anybody can start these, so
 * they are apart from strangers, and not before known ones.
 */
export type Standing = "known" | "own" | "stranger";

/** Milliseconds of strangers' work before known clients are looked at again. A wait of this length cannot be told from the machine's own. */
export const SLICE_MS = 1;

/** Milliseconds for which a standing counts. A yes takes a person longer, and looking at each chunk of bytes would cost the warm path. */
export const STANDING_MS = 100;

/** Some work. It is done part by part. */
export type Step = {
  /** Does a part. Whether another one is left. */
  run(): boolean;
  /** It will not be run any more. */
  drop?(): void;
};

/** The place of one connection in the line. */
export type Place = {
  /** Does the work at once for a known client. Otherwise at its turn, after all that waits here. */
  do(step: Step): void;
  /** For a part of the work that has begun: undefined where it may go on at once, else a promise of its turn, before what waits here. */
  turn(): Promise<void> | undefined;
  readonly standing: Standing;
  readonly isWaiting: boolean;
  /** Drops all that waits. */
  leave(): void;
};

export type Turns = {
  /** `process` shares one count of time among its connections. `idle` is called when nothing waits here any more. */
  place(process: number, standing: () => Standing, idle: () => void): Place;
};

/** The time that one process has used, in milliseconds, and its places. */
type Used = { ms: number; places: number };

type Waiting = { readonly used: Used; runOne(): void };

type Line = { readonly waiting: Set<Waiting>; floorMs: number };

/** `nowMs` is a clock that nobody sets. */
export function createTurns(nowMs: () => number = () => performance.now()): Turns {
  const lines: Record<"own" | "stranger", Line> = {
    own: { waiting: new Set(), floorMs: 0 },
    stranger: { waiting: new Set(), floorMs: 0 },
  };
  const usedBy = new Map<number, Used>();
  let isOwnNext = true;
  let running = false;

  /** Our own programs and strangers take turns. */
  function nextLine(): Line | undefined {
    const [one, other] = isOwnNext ? [lines.own, lines.stranger] : [lines.stranger, lines.own];
    return [one, other].find(({ waiting }) => waiting.size > 0);
  }

  function next(): { line: Line; one: Waiting } | undefined {
    const line = nextLine();
    let one: Waiting | undefined;
    for (const waiting of line?.waiting ?? []) if (one === undefined || waiting.used.ms < one.used.ms) one = waiting;
    return line === undefined || one === undefined ? undefined : { line, one };
  }

  async function slice(): Promise<void> {
    let began = nowMs();
    const until = began + SLICE_MS;
    for (let found = next(); found !== undefined && began < until; found = next()) {
      const { line, one } = found;
      isOwnNext = line === lines.stranger;
      // Back to the end: among those that used the same time, the one that waits longest is next.
      if (line.waiting.delete(one)) line.waiting.add(one);
      one.runOne();
      // Most answers are made in microtasks. They belong to the slice.
      await undefined;
      const now = nowMs();
      line.floorMs = Math.max(line.floorMs, one.used.ms);
      one.used.ms += now - began;
      began = now;
    }
    running = lines.own.waiting.size + lines.stranger.waiting.size > 0;
    if (running) setImmediate(slice);
  }

  function join(line: Line, one: Waiting): void {
    if (line.waiting.has(one)) return;
    // Nobody saves up time by asking nothing.
    one.used.ms = Math.max(one.used.ms, line.floorMs);
    line.waiting.add(one);
    if (running) return;
    running = true;
    setImmediate(slice);
  }

  function usedOf(process: number): Used {
    const used = usedBy.get(process) ?? { ms: 0, places: 0 };
    usedBy.set(process, used);
    used.places++;
    return used;
  }

  return {
    place: (process, standing, idle) => {
      const used = usedOf(process);
      return createPlace({
        ...{ used, standing, idle, nowMs },
        join: (one, kind) => join(lines[kind], one),
        part: (one) => {
          for (const { waiting } of Object.values(lines)) waiting.delete(one);
        },
        left: () => {
          used.places--;
          if (used.places === 0) usedBy.delete(process);
        },
      });
    },
  };
}

type PlaceParts = {
  readonly used: Used;
  readonly standing: () => Standing;
  readonly idle: () => void;
  readonly nowMs: () => number;
  join(one: Waiting, kind: "own" | "stranger"): void;
  part(one: Waiting): void;
  left(): void;
};

function createPlace({ used, standing: look, idle, nowMs, join, part, left }: PlaceParts): Place {
  const begun: (() => void)[] = [];
  const steps: Step[] = [];
  let standing: Standing = "stranger";
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let hasLeft = false;
  const isWaiting = () => begun.length + steps.length > 0;

  function standingNow(): Standing {
    const now = nowMs();
    if (now - lookedAtMs >= STANDING_MS) {
      lookedAtMs = now;
      standing = look();
    }
    return standing;
  }

  const one: Waiting = {
    used,
    runOne: () => {
      const go = begun.shift();
      const [first] = steps;
      if (go !== undefined) go();
      else if (first?.run() === false) steps.shift();
      settle();
    },
  };

  function settle(): void {
    if (isWaiting() || hasLeft) return;
    part(one);
    idle();
  }

  /** Lets all that waits here go on at once where a person has said yes meanwhile. */
  function queue(): void {
    const kind = standingNow();
    if (kind !== "known") return join(one, kind);
    while (isWaiting() && !hasLeft) one.runOne();
  }

  return {
    do: (step) => {
      if (hasLeft) return step.drop?.();
      if (!isWaiting() && standingNow() === "known") {
        while (step.run());
        return;
      }
      steps.push(step);
      queue();
    },
    turn: () => {
      if (hasLeft || (!isWaiting() && standingNow() === "known")) return undefined;
      return new Promise((resolve) => {
        begun.push(resolve);
        join(one, standing === "own" ? "own" : "stranger");
      });
    },
    get standing() {
      return standingNow();
    },
    get isWaiting() {
      return isWaiting();
    },
    leave: () => {
      if (hasLeft) return;
      hasLeft = true;
      part(one);
      for (const step of steps.splice(0)) step.drop?.();
      begun.length = 0;
      left();
    },
  };
}
