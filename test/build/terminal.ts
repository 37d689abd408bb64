// A person at a terminal: the test types into a shell in a pseudo-terminal and reads its screen.
import { type IPty, spawn } from "@lydell/node-pty";

export type Terminal = {
  /** Types a line and Enter. */
  type(text: string): void;
  /** Presses keys, as bytes. */
  key(bytes: string): void;
  /** Waits until new output contains the text or matches. Returns the match. */
  sees(text: string | RegExp): Promise<RegExpExecArray>;
  resize(columns: number, rows: number): void;
  /** All output since the start. */
  screen(): string;
  /** Ends the shell. */
  end(): void;
  /** Closes the window: the kernel hangs up. */
  close(): void;
};

/** Milliseconds after which missing output fails the test. */
const PATIENCE_MS = 20_000;

const ANSI = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007]*\u0007|[@-_])/g;

export function openTerminal(env: Record<string, string>, cwd: string): Terminal {
  const shell: IPty = spawn("bash", ["--norc", "--noprofile", "-i"], {
    name: "xterm",
    cols: 200,
    rows: 50,
    cwd,
    env: { ...env, PS1: "$ ", TERM: "xterm" },
  });
  let text = "";
  let seen = 0;
  let look: () => void = () => undefined;
  shell.onData((data) => {
    text += data.replace(ANSI, "");
    look();
  });
  return {
    type: (line) => shell.write(`${line}\r`),
    key: (bytes) => shell.write(bytes),
    resize: (columns, rows) => shell.resize(columns, rows),
    sees: (wanted) =>
      new Promise((resolve, reject) => {
        const pattern = typeof wanted === "string" ? new RegExp(wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")) : wanted;
        const timer = setTimeout(
          () => reject(new Error(`the terminal did not show ${pattern}; it shows:\n${text.slice(seen)}`)),
          PATIENCE_MS,
        );
        look = () => {
          const found = pattern.exec(text.slice(seen));
          if (found === null) return;
          clearTimeout(timer);
          seen += found.index + found[0].length;
          look = () => undefined;
          resolve(found);
        };
        look();
      }),
    screen: () => text,
    end: () => shell.kill(),
    close: () => (shell as IPty & { destroy(): void }).destroy(),
  };
}
