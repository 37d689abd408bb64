// Where a request came from, as one text that limits are counted by.
import { isIP, SocketAddress } from "node:net";

/** An IPv4 address written as an IPv6 one (RFC 4291, section 2.5.5.2). */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** The address in its one form. Undefined for what is no address. */
export function plainAddress(address: string): string | undefined {
  const plain = MAPPED.exec(address)?.[1] ?? address.replace(/%.*$/, "");
  const family = isIP(plain);
  if (family === 0) return undefined;
  return family === 4 ? plain : new SocketAddress({ address: plain, family: "ipv6" }).address;
}

/**
 * The key of an address. Of IPv6 the first 56 bits count: a provider gives a home some 256 networks of 64 bits, and the home may use each
 * address in them (RFC 6177, section 2). By the network it would be 256 senders. Undefined for what is no address.
 */
export function keyOfAddress(address: string): string | undefined {
  const plain = plainAddress(address);
  return plain === undefined || isIP(plain) === 4 ? plain : networkOf(plain);
}

function networkOf(plain: string): string {
  const [head = "", tail] = plain.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  if (tail === undefined) return homeOf(groups(head));
  // A last part in dots stands for two groups.
  const written = groups(head).length + groups(tail).length + (tail.includes(".") ? 1 : 0);
  const whole = [...groups(head), ...new Array<string>(8 - written).fill("0"), ...groups(tail)];
  return homeOf(whole);
}

/** The last eight bits of the fourth group are the home's own. */
function homeOf([first, second, third, fourth = "0"]: readonly string[]): string {
  const kept = (Number.parseInt(fourth, 16) & 0xff00).toString(16);
  return `${first}:${second}:${third}:${kept}::/56`;
}

/**
 * The key of a request's sender. Behind the named proxy it is the last address in X-Forwarded-For: the proxy adds that one, and the
 * client may have written all before it. From anybody else the header is not read.
 */
export function senderOf(peer: string | undefined, forwarded: string | null, proxy: string | undefined): string {
  const told = proxy !== undefined && plainAddress(peer ?? "") === proxy ? forwarded : null;
  return keyOfAddress(told?.split(",").at(-1)?.trim() ?? "") ?? keyOfAddress(peer ?? "") ?? "unknown";
}
