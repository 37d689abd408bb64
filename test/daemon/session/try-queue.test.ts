import { describe, expect, test } from "vitest";
import { type TryPlace, tryPlaceOf, WINDOW_PLACE } from "../../../daemon/session/try-place.ts";
import { createTryQueue, TRIES_WAITING_MAX } from "../../../daemon/session/try-queue.ts";
import { PosternError } from "../../../protocol/errors.ts";

const terminal = (sinceTicks: number): TryPlace => ({ terminal: `t${sinceTicks}`, sinceTicks });
const allowed = () => undefined;

/** A queue in which one try runs until `end`. What was done, in its order. */
function occupied() {
  const queue = createTryQueue();
  const done: string[] = [];
  let end = () => {};
  const first = queue(undefined, allowed, () => new Promise<void>((resolve) => (end = resolve)));
  const put = (name: string, place: TryPlace) =>
    queue(place, allowed, async () => void done.push(name)).catch(({ name: fault }: PosternError) => {
      done.push(`${name} ${fault}`);
    });
  return { queue, done, first, put, end: () => end() };
}

describe("the queue of tries", () => {
  test("makes one at a time, older terminals first and programs without one last", async () => {
    const { done, put, end } = occupied();
    const all = [
      put("none", undefined),
      put("young", terminal(30)),
      put("old", terminal(10)),
      put("mid", terminal(20)),
    ];
    expect(done).toEqual([]);
    end();
    await Promise.all(all);
    expect(done).toEqual(["old", "mid", "young", "none"]);
  });

  test("has one place for all programs without a terminal, and one for each terminal", async () => {
    const { done, put, end } = occupied();
    const waiting = [put("first", undefined), put("in a terminal", terminal(1))];
    await Promise.all([put("second", undefined), put("the same terminal", terminal(1))]);
    expect(done).toEqual(["second busy", "the same terminal busy"]);
    end();
    await Promise.all(waiting);
    expect(done.slice(2)).toEqual(["in a terminal", "first"]);
  });

  test("holds as many as its bound, and past it the youngest leaves", async () => {
    const { done, put, end } = occupied();
    const ages = Array.from({ length: TRIES_WAITING_MAX }, (_, at) => 10 + at);
    const waiting = ages.map((age) => put(String(age), terminal(age)));
    await put("younger", terminal(100));
    expect(done).toEqual(["younger busy"]);
    const old = put("old", terminal(1));
    await waiting.at(-1);
    expect(done).toEqual(["younger busy", `${9 + TRIES_WAITING_MAX} busy`]);
    end();
    await Promise.all([old, ...waiting]);
    expect(done.slice(2)).toEqual(["old", ...ages.slice(0, -1).map(String)]);
  });

  test("keeps nobody waiting who may not try yet", async () => {
    const { queue, done, first, put, end } = occupied();
    const refused = queue(
      terminal(1),
      () => {
        throw new PosternError("tryLater");
      },
      async () => void done.push("tried"),
    );
    await expect(refused).rejects.toMatchObject({ name: "tryLater" });
    const same = put("right", terminal(1));
    end();
    await Promise.all([first, same]);
    expect(done).toEqual(["right"]);
  });

  test("goes on after a try that failed", async () => {
    const queue = createTryQueue();
    const failed = queue(undefined, allowed, () => Promise.reject(new PosternError("wrongPassword")));
    const next = queue(undefined, allowed, async () => "next");
    await expect(failed).rejects.toMatchObject({ name: "wrongPassword" });
    expect(await next).toBe("next");
    expect(await queue(undefined, allowed, async () => "and another")).toBe("and another");
  });
});

describe("the place of a try", () => {
  test("is the terminal session with its start", () => {
    expect(tryPlaceOf({ terminalSession: "34816|712|99" })).toEqual({ terminal: "34816|712|99", sinceTicks: 99 });
  });

  test.each([{}, { terminalSession: "34816|712|x" }])("is none for %j", (subject) => {
    expect(tryPlaceOf(subject)).toBeUndefined();
  });

  test("in a window is older than any terminal", () => {
    expect(WINDOW_PLACE?.sinceTicks).toBeLessThan(1);
  });
});
