// app.*: the desktop app, a page in a browser of this machine.
import Type from "typebox";
import { entry } from "../entry.ts";

/** Characters of a path on Linux. */
const PATH_LENGTH_MAX = 4096;

export const app = {
  "app.open": entry({
    summary:
      "Makes a way into the app for a browser on this machine, and returns the path of a file to open in it. Only this user can read the file. It leads to the app's page with a code that can be used once, within a minute. The page may then ask, like any program. What it may see and do, a person allows.",
    params: Type.Object({}, { additionalProperties: false }),
    result: Type.Object({ file: Type.String({ minLength: 1, maxLength: PATH_LENGTH_MAX }) }),
    errors: ["appUnavailable", "tryLater"],
    need: { kind: "none" },
    activity: false,
    since: "0.2.0",
    example: { params: {}, result: { file: "/run/user/1000/postern/app-0123456789abcdef.html" } },
  }),
} as const;
