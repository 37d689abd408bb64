// The open TCP ports of a process, as the kernel reports them.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Inodes of the TCP sockets on which a process listens. */
export function listeningSockets(pid: number | "self"): string[] {
  const listening = ["tcp", "tcp6"].flatMap((family) => {
    const rows = readFileSync(`/proc/net/${family}`, "utf8").split("\n").slice(1);
    return rows
      .map((row) => row.trim().split(/\s+/))
      .filter((row) => row[3] === "0A")
      .map((row) => `socket:[${row[9]}]`);
  });
  const held = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkOrNothing(`/proc/${pid}/fd/${fd}`));
  return held.filter((link) => listening.includes(link));
}

function readlinkOrNothing(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
