// Other programs as the tests need them: started for real, read line by line.
import type { ChildProcess } from "node:child_process";

/** The next line on a child's standard output, without its end; "" when it ends without one. */
export function lineOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const done = (line: string) => {
      child.stdout?.removeAllListeners("data");
      resolve(line);
    };
    child.once("error", reject);
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      if (text.includes("\n")) done(text.slice(0, text.indexOf("\n")));
    });
    child.stdout?.once("end", () => done(text));
  });
}

/** Whether the tests run as root, and so can be another user too. */
export const isRoot = process.getuid?.() === 0;

/** The user that root turns into: nobody, who owns nothing. */
export const NOBODY = 65534;
