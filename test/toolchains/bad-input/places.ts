// The places at which a program may meet what is wrong: nothing, a plain file, a socket of another user, and an agent of another protocol.
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errors } from "../../../protocol/errors.ts";
import { startPeer } from "../../build/bridge-peer.ts";

const NOBODY = 65_534;

export type Places = {
  readonly nothing: string;
  readonly plainFile: string;
  readonly otherUser: string;
  readonly otherProtocol: string;
  /** Connections to the socket of the other user so far. */
  strangersMet(): number;
  remove(): Promise<void>;
};

/** What an agent of the next protocol answers to the hello of this one. */
const REFUSAL = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  error: {
    code: errors.protocolMismatch.code,
    message: `${errors.protocolMismatch.message}: the client speaks 2, the agent (postern 9.0.0) speaks 3`,
    data: { name: "protocolMismatch", hint: "update the client" },
  },
});

export async function makePlaces(): Promise<Places> {
  const outer = mkdtempSync(join(tmpdir(), "postern-bad-"));
  const at = (name: string) => {
    mkdirSync(join(outer, name), { mode: 0o700 });
    return join(outer, name, "agent.sock");
  };
  const plainFile = at("file");
  writeFileSync(plainFile, "", { mode: 0o600 });
  const other = await startPeer(() => undefined, { hello: REFUSAL, path: at("protocol") });
  let met = 0;
  const stranger = await listen(at("stranger"), () => met++);
  chownSync(stranger.path, NOBODY, NOBODY);
  chownSync(join(stranger.path, ".."), NOBODY, NOBODY);
  return {
    nothing: at("nothing"),
    plainFile,
    otherUser: stranger.path,
    otherProtocol: other.path,
    strangersMet: () => met,
    remove: async () => {
      stranger.server.close();
      await other.close();
      rmSync(outer, { recursive: true, force: true });
    },
  };
}

/** A socket that counts its connections. */
async function listen(path: string, met: () => void): Promise<{ path: string; server: Server }> {
  const server = createServer((socket) => {
    met();
    socket.destroy();
  });
  const before = process.umask(0o077);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  process.umask(before);
  return { path, server };
}
