// A program without any grant, in a session of its own. It opens connections, or asks questions, as many as it was told. It prints what became of each as a
// line, and keeps what it got until it is ended.
import { connect } from "node:net";
import { openChannel } from "../../clients/typescript/channel.ts";

export type Pressing =
  | { readonly socket: string; readonly connections: number }
  | { readonly socket: string; readonly method: string; readonly asked: readonly object[] };

const tell = (outcome: string) => void process.stdout.write(`${outcome}\n`);

/** Milliseconds after which a call without an answer is said to be open: a refusal comes at once, and a question waits for two minutes. */
const OPEN_AFTER_MS = 1_500;

const afterWait = (): Promise<string> => new Promise((resolve) => setTimeout(() => resolve("open"), OPEN_AFTER_MS));

const status = `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "agent.status" })}\n`;

/** A connection that is refused is accepted first. One that may stay is answered. */
function connection(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.write(status));
    socket.on("data", () => resolve("open"));
    socket.on("error", () => resolve("closed"));
    socket.on("close", () => resolve("closed"));
  });
}

async function press(pressing: Pressing): Promise<void> {
  if ("connections" in pressing) {
    const all = Array.from({ length: pressing.connections }, () => connection(pressing.socket));
    for (const one of await Promise.all(all)) tell(one);
    return;
  }
  const channel = await openChannel(pressing.socket, { name: "rogue", version: "1" });
  for (const params of pressing.asked) {
    const answered = channel.call(pressing.method as never, params as never).then(
      () => "answered",
      ({ errorName }: { errorName: string }) => errorName,
    );
    tell(await Promise.race([answered, afterWait()]));
  }
}

if (import.meta.main) {
  // Keeps what it got.
  process.stdin.resume();
  await press(JSON.parse(process.argv[2] ?? "") as Pressing);
  tell("done");
}
