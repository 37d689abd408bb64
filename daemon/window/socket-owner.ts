// The user behind a TCP connection on this machine, from the kernel's tables. TCP carries no credentials, and every user of the machine can connect to
// loopback.
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";

/** The columns of /proc/net/tcp, proc_net_tcp(5): the near end, the far end, and the user id of the near end. */
const NEAR = 1;
const FAR = 2;
const USER = 7;

type Ends = Pick<Socket, "localAddress" | "localPort" | "remoteAddress" | "remotePort">;

/** The user id of the program at the other end. Undefined where the kernel does not list it (any more). */
export function ownerOf({ localAddress, localPort, remoteAddress, remotePort }: Ends): number | undefined {
  if (localAddress === undefined || remoteAddress === undefined) return undefined;
  // The other end has a row of its own, whose near end is our far end.
  const near = `${hexOf(remoteAddress)}:${portHex(remotePort)}`;
  const far = `${hexOf(localAddress)}:${portHex(localPort)}`;
  for (const row of readFileSync(remoteAddress.includes(":") ? "/proc/net/tcp6" : "/proc/net/tcp", "latin1").split(
    "\n",
  )) {
    const columns = row.trim().split(/\s+/);
    if (columns[NEAR] === near && columns[FAR] === far) return Number(columns[USER]);
  }
  return undefined;
}

const portHex = (port = 0) => port.toString(16).toUpperCase().padStart(4, "0");

/** An address as the kernel prints it: words of four bytes, each in the order of the machine's memory. Only loopback is listened on. */
function hexOf(address: string): string {
  const bytes = address.includes(":") ? loopback6 : address.split(".").map(Number);
  const words = [];
  for (let at = 0; at < bytes.length; at += 4) words.push(bytes.slice(at, at + 4).reverse());
  return words
    .flat()
    .map((byte) => byte.toString(16).toUpperCase().padStart(2, "0"))
    .join("");
}

/** ::1 */
const loopback6 = [...Array<number>(15).fill(0), 1];
