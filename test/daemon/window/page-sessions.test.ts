// The sessions of pages: their number, their time, what a lock makes of them, and when a question counts as not shown any more.
import { describe, expect, test } from "vitest";
import {
  AWAY_MS,
  type Begun,
  createPageSessions,
  LINGER_MS,
  type OpenPage,
  PAGES_MAX,
  type PageSession,
  SESSION_AGE_MS,
  SESSIONS_MAX,
  STRANGER_PAGES_MAX,
  STRANGER_SESSIONS_MAX,
  UNUSED_MS,
} from "../../../daemon/window/page-sessions.ts";
import { fakeClock } from "../host/fake-clock.ts";

function stage() {
  const clock = fakeClock();
  const ended: string[] = [];
  const left: string[] = [];
  let number = 0;
  const sessions = createPageSessions(clock, {
    newId: () => `s${number++}`,
    ended: ({ key }) => ended.push(key),
    left: (prompt) => left.push(prompt),
  });
  const begin = (prompt?: string, isStranger = false): Begun => {
    const begun = sessions.begin({ prompt, family: "shell|app", isStranger });
    if (begun === undefined) throw new Error("no room");
    return begun;
  };
  /** Opens a page of a session. What it is told is in the list. */
  const open = ({ session }: Begun, id = "p1") => {
    const told: Begun[] = [];
    const page: OpenPage = { take: () => true, sendNext: (next) => told.push(next), close: () => undefined };
    sessions.find(session)?.pages.set(id, page);
    return told;
  };
  return { clock, sessions, ended, left, begin, open };
}

describe("a session", () => {
  test("is found by its token alone, and holds grants under a key of its own", () => {
    const { sessions, begin } = stage();
    const [one, other] = [begin(), begin()];
    expect(sessions.find(one.session)?.subject.key).not.toBe(sessions.find(other.session)?.subject.key);
    expect(sessions.find(one.agent)).toBeUndefined();
    expect(sessions.find("")).toBeUndefined();
  });

  test("ends after ten minutes without a page, and not while one is open", () => {
    const { clock, sessions, begin, open, ended } = stage();
    const [looked, closed] = [begin(), begin()];
    open(looked);
    clock.advance(UNUSED_MS - 1);
    expect(sessions.find(closed.session)).toBeDefined();
    expect(sessions.find(looked.session)).toBeDefined();
    clock.advance(1);
    expect(sessions.find(closed.session)).toBeUndefined();
    expect(sessions.find(looked.session)).toBeDefined();
    expect(ended).toHaveLength(1);
  });

  test("ends after twelve hours, however busy", () => {
    const { clock, sessions, begin, open } = stage();
    const begun = begin();
    open(begun);
    clock.advance(SESSION_AGE_MS - 1);
    expect(sessions.find(begun.session)).toBeDefined();
    clock.advance(1);
    expect(sessions.find(begun.session)).toBeUndefined();
  });
});

describe("where there are 32", () => {
  test("the next one takes the place of one that nobody looks at, and not of an open page", () => {
    const { sessions, begin, open } = stage();
    const begun = Array.from({ length: SESSIONS_MAX }, () => begin());
    for (const one of begun.slice(1)) open(one);
    expect(sessions.begin({ prompt: undefined, family: "f", isStranger: false })).toBeDefined();
    expect(sessions.find(begun[0]?.session ?? "")).toBeUndefined();
    expect(begun.slice(1).every(({ session }) => sessions.find(session) !== undefined)).toBe(true);
  });

  test("with all of them open there is no next one", () => {
    const { sessions, begin, open } = stage();
    for (let count = 0; count < SESSIONS_MAX; count++) open(begin());
    expect(sessions.begin({ prompt: undefined, family: "f", isStranger: false })).toBeUndefined();
  });

  test("a lock still gives each open page one of its own", () => {
    const { sessions, begin, open } = stage();
    const told = Array.from({ length: SESSIONS_MAX }, () => open(begin()));
    sessions.renewAll();
    expect(told.every(([next]) => next !== undefined && sessions.find(next.session) !== undefined)).toBe(true);
  });
});

describe("strangers", () => {
  const stranger = { prompt: undefined, family: "f", isStranger: true };

  test("have sixteen sessions open, and leave as many to the person", () => {
    const { sessions, begin, open } = stage();
    for (let count = 0; count < STRANGER_SESSIONS_MAX; count++) open(begin(undefined, true));
    expect(sessions.begin(stranger)).toBeUndefined();
    for (let count = STRANGER_SESSIONS_MAX; count < SESSIONS_MAX; count++) open(begin());
    expect(sessions.begin({ ...stranger, isStranger: false })).toBeUndefined();
  });

  test("push out a session of their own, and not one of the person's", () => {
    const { sessions, begin } = stage();
    const persons = begin();
    const first = begin(undefined, true);
    for (let count = 0; count < STRANGER_SESSIONS_MAX; count++) begin(undefined, true);
    expect(sessions.find(first.session)).toBeUndefined();
    expect(sessions.find(persons.session)).toBeDefined();
  });

  test("stay strangers after a lock", () => {
    const { sessions, begin, open } = stage();
    for (let count = 0; count < STRANGER_SESSIONS_MAX; count++) open(begin(undefined, true));
    const renewed = open(begin());
    sessions.renewAll();
    expect(renewed).toHaveLength(1);
    // The next sessions have no page yet, so one of them gives way.
    expect(sessions.begin(stranger)).toBeDefined();
    expect(sessions.find(renewed[0]?.session ?? "")).toBeDefined();
  });

  test("open 32 pages in all, and one session eight", () => {
    const { sessions, begin, open } = stage();
    const begun = Array.from({ length: 5 }, () => begin(undefined, true));
    const found = ({ session }: Begun) => sessions.find(session) as PageSession;
    for (let page = 0; page < STRANGER_PAGES_MAX; page++) {
      const one = begun[Math.floor(page / PAGES_MAX)] as Begun;
      expect(sessions.mayOpen(found(one))).toBe(true);
      open(one, `p${page}`);
    }
    expect(sessions.mayOpen(found(begun[0] as Begun))).toBe(false);
    expect(sessions.mayOpen(found(begun[4] as Begun))).toBe(false);
    expect(sessions.mayOpen(found(begin()))).toBe(true);
  });
});

describe("at a lock", () => {
  test("the session of a question goes on until its question ends, and then hears of that end", () => {
    const { clock, sessions, begin } = stage();
    const begun = begin("q");
    sessions.renewAll();
    expect(sessions.find(begun.session)).toBeDefined();
    sessions.endOf("q");
    clock.advance(LINGER_MS - 1);
    expect(sessions.find(begun.session)).toBeDefined();
    clock.advance(1);
    expect(sessions.find(begun.session)).toBeUndefined();
  });
});

describe("a question", () => {
  test("counts as not shown ten seconds after its page did not come", () => {
    const { clock, begin, left } = stage();
    begin("q");
    clock.advance(AWAY_MS - 1);
    expect(left).toEqual([]);
    clock.advance(1);
    expect(left).toEqual(["q"]);
  });

  test("counts as shown while its page is open, and over a reload", () => {
    const { clock, sessions, begin, open, left } = stage();
    const begun = begin("q");
    open(begun);
    clock.advance(AWAY_MS);
    const session = sessions.find(begun.session);
    if (session === undefined) throw new Error("the session is gone");
    sessions.left(session, "p1");
    clock.advance(AWAY_MS - 1);
    open(begun, "p2");
    clock.advance(1);
    expect(left).toEqual([]);
    sessions.left(session, "p2");
    clock.advance(AWAY_MS);
    expect(left).toEqual(["q"]);
  });
});
