// The door as the desk uses it: a question is shown until no page shows it any more.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createLog } from "../../../daemon/host/log.ts";
import { createPageDoor } from "../../../daemon/window/page-door.ts";
import { AWAY_MS, SESSIONS_MAX } from "../../../daemon/window/page-sessions.ts";
import { enter, openPage, say, type Way, wayOf } from "../../agent/page-client.ts";
import { fakeClock } from "../host/fake-clock.ts";

const folder = mkdtempSync(join(tmpdir(), "postern-door-"));
const clock = fakeClock();
const doors: ReturnType<typeof createPageDoor>[] = [];

afterEach(async () => {
  for (const door of doors.splice(0)) await door.close();
  rmSync(folder, { recursive: true, force: true });
});

function open() {
  let number = 0;
  let browsed: (way: Way) => void = () => undefined;
  const door = createPageDoor({
    ...{ clock, folder, port: 0, uid: process.geteuid?.() ?? 0, log: { ...createLog(), note: () => undefined } },
    newId: () => `id${number++}`,
    files: async () => ({ document: "<!doctype html>", assets: new Map() }),
    browse: async (file) => {
      browsed(wayOf(file));
      return true;
    },
    serve: (stream) => void stream.resume(),
    sessionEnded: () => undefined,
    usedTwice: () => undefined,
    refused: () => undefined,
  });
  doors.push(door);
  /** Shows a question. Its way in, and whether it is shown no more. */
  const show = async (id: string) => {
    let isOver = false;
    const way = new Promise<Way>((resolve) => {
      browsed = resolve;
    });
    void door.show({ id, code: "AB-12" }, new AbortController().signal).then(() => {
      isOver = true;
    });
    return { way: await way, isOver: () => isOver };
  };
  return { door, show };
}

test("a question whose page was closed is shown no more after ten seconds, and not before", async () => {
  const { show } = open();
  const { way, isOver } = await show("q");
  const page = await openPage(way, await enter(way));
  clock.advance(AWAY_MS);
  await Promise.resolve();
  expect(isOver()).toBe(false);
  page.leave();
  await page.ended;
  // The door learns of the closing from the kernel, in a moment of its own.
  await expect
    .poll(() => {
      clock.advance(AWAY_MS);
      return isOver();
    })
    .toBe(true);
});

test("a question for whose page there is no room is shown no more", async () => {
  const { door, show } = open();
  for (let count = 0; count < SESSIONS_MAX; count++) {
    const way = wayOf(await door.open(`family ${count}`, false));
    await openPage(way, await enter(way));
  }
  const { way, isOver } = await show("q");
  expect((await say(way, { path: "/enter", body: JSON.stringify({ code: way.code }) })).status).toBe(429);
  await expect.poll(isOver).toBe(true);
});
