// An open page as a connection like any other: its requests come in HTTP bodies, and everything for it leaves in one endless answer. So limits, cancellation
// and back-pressure are those of every connection.
import type { ServerResponse } from "node:http";
import { type Duplex, duplexPair } from "node:stream";
import { limits } from "../../protocol/limits.ts";
import type { OpenPage } from "./page-sessions.ts";

/** Serves a stream of lines until it ends. */
export type ServeStream = (stream: Duplex) => void;

/** Opens the line of a page on an answer whose head is written. `ended` is called once, when either side has gone. */
export function openPageLine(response: ServerResponse, serve: ServeStream, ended: () => void): OpenPage {
  const [agentSide, pageSide] = copyingPair();
  // The head must leave now: the page sends nothing before it knows the id of its line.
  response.flushHeaders();
  passOn(pageSide, response);
  for (const side of [agentSide, pageSide]) side.on("error", () => side.destroy());
  response.on("error", () => response.destroy());
  agentSide.once("close", () => pageSide.destroy());
  pageSide.once("close", () => response.end());
  response.once("close", () => {
    agentSide.destroy();
    pageSide.destroy();
    ended();
  });
  serve(agentSide);
  return {
    take: (request) => {
      // A page that does not read what it is told holds its requests back too.
      if (pageSide.writableLength > limits.lineBytes) return false;
      pageSide.write(`${request}\n`);
      return true;
    },
    sendNext: (next) => {
      // Behind what the agent has said already, so that no line is cut in two.
      if (!agentSide.destroyed)
        agentSide.write(`${JSON.stringify({ jsonrpc: "2.0", method: "app.session", params: next })}\n`);
    },
    // In a later turn: what the agent said in this one leaves first.
    close: () => void setImmediate(() => agentSide.end()),
  };
}

/**
 * A pair of which the agent's side takes a copy of each piece. The agent wipes the bytes of an answer once its stream has taken them. Of a socket they
 * have left by then. Of a pair they are still on their way, and the page would get zeros.
 */
function copyingPair(): [Duplex, Duplex] {
  const [agentSide, pageSide] = duplexPair();
  const write = agentSide._write.bind(agentSide);
  agentSide._write = (piece: Uint8Array, encoding, taken) => write(Buffer.from(piece), encoding, taken);
  return [agentSide, pageSide];
}

/** Passes on what the agent says, and wipes each copy once it has left. */
function passOn(pageSide: Duplex, response: ServerResponse): void {
  pageSide.on("data", (copy: Uint8Array) => {
    if (!response.write(copy, () => copy.fill(0))) pageSide.pause();
  });
  response.on("drain", () => pageSide.resume());
  pageSide.once("end", () => response.end());
}
