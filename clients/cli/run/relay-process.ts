// Starts the relay beside `run`, and passes it the descriptors to read.
import { closeSync, openSync } from "node:fs";
import { programPath } from "../agent/start-agent.ts";
import type { Layout } from "./layout.ts";
import { reap, socketPair, spawnProgram, strings, waitFor } from "./libc.ts";
import { type FromRelay, type Link, openLink, type ToRelay } from "./link.ts";

export type RelayLink = Link<FromRelay, ToRelay> & {
  /** Ends a relay that is not needed, and reaps it: the program that replaces this process must find no child. */
  dismiss(): Promise<void>;
};

/** `further` are the descriptors for a program on a new terminal, which the relay starts. */
export function startRelay({ sources, writeEnds, terminal }: Layout, further: readonly number[]): RelayLink {
  const [ours, theirs] = socketPair();
  const leads = terminal?.leadsSession === true;
  const nothing = openSync("/dev/null", "r+");
  const same = [theirs, ...sources.map(({ fd }) => fd), ...(leads ? [...writeEnds, ...further] : [])];
  const words = [process.execPath, "--disable-sigusr1", "--no-warnings", programPath("./relay.js", "./run/relay.ts")];
  const pid = spawnProgram(
    Buffer.from(process.execPath),
    strings([...words, String(theirs)].map((word) => Buffer.from(word))),
    strings([]),
    {
      descriptors: [[0, leads ? 0 : nothing], [1, 1], [2, 2], ...same.map((fd) => [fd, fd] as const)],
      newSession: true,
      ...(leads ? { terminal: { fd: terminal.slave, path: terminal.path } } : {}),
    },
  );
  for (const fd of [theirs, nothing, ...sources.filter(({ kind }) => kind === "pipe").map(({ fd }) => fd)])
    closeSync(fd);
  const link = openLink<FromRelay, ToRelay>(ours);
  return {
    ...link,
    dismiss: async () => {
      link.end();
      await waitFor(pid);
      reap(pid);
    },
  };
}
