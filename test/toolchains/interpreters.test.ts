// Deno and Bun connect, in each form in which a script is started. The other interpreters are in test/daemon/peer/interpreters.test.ts.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ProcessFacts } from "../../daemon/peer/peer.ts";
import { type Meeting, openMeeting } from "../daemon/peer/meeting.ts";
import { hasTool, toolModules } from "./toolbox.ts";

const connect = `import { connect } from "node:net"; import process from "node:process";
connect(process.env.SOCKET); setInterval(() => {}, 1000);`;

let meeting: Meeting;
beforeAll(async () => {
  meeting = await openMeeting();
  writeFileSync(join(meeting.folder, "main.ts"), connect);
  writeFileSync(join(meeting.folder, "pre.ts"), "");
});
afterAll(() => meeting.close());

const code = { is: "code" } as const;
type Row = [line: string, says: string | ProcessFacts["runs"], loadsOther: boolean];

/** CODE stands for the program in one word. */
const rows: Readonly<Record<"bun" | "deno", readonly Row[]>> = {
  bun: [
    ["main.ts", "main.ts", false],
    ["--smol run main.ts", "main.ts", false],
    ["--preload ./pre.ts main.ts", "main.ts", true],
    ["-r./pre.ts run main.ts", "main.ts", true],
    ["-e CODE main.ts", code, true],
    ["--eval=CODE", code, true],
    ["-eCODE", code, true],
  ],
  deno: [
    ["run --quiet --allow-all main.ts", "main.ts", false],
    ["-q run --location http://localhost -A main.ts", "main.ts", false],
    ["run -A --preload ./pre.ts main.ts", "main.ts", true],
    ["run -A --preload=./pre.ts main.ts", "main.ts", true],
    ["eval CODE", code, true],
    ["run -A data:text/javascript,CODE", code, true],
  ],
};
const programs = { bun: join(toolModules, "bun/bin/bun"), deno: join(toolModules, "deno/deno") };

for (const name of ["bun", "deno"] as const) {
  describe.skipIf(!hasTool(name))(`behind ${name} (needs ${name})`, () => {
    test.each(rows[name])("`%s` is %j, and loads other code: %s", async (line, says, loadsOther) => {
      const words = line.split(" ").map((word) => word.replace("CODE", connect));
      const { script, runs, ...facts } = await meeting.meet([programs[name], ...words]);
      expect(facts.loadsOther).toBe(loadsOther);
      if (typeof says === "string") expect(script).toMatchObject({ path: join(meeting.folder, says), isOpen: false });
      else expect({ script, runs }).toEqual({ script: undefined, runs: says });
    });
  });
}
