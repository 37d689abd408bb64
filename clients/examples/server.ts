// A server that keeps one client open: node server.ts 8080
// It asks for the secret at each request. The agent answers from memory. The server notices an ended approval or a new value at once.
// A lock is told to one request. After it each waits up to its deadline for `postern unlock`, also after a restart of the agent.
import { createServer } from "node:http";
import { AgentNotRunning, ConnectionLost, createClient, DesktopAuth, errors, TimedOut } from "@postern/client";

const REFERENCE = "op://Demo/DATABASE_URL/password";
const port = Number(process.argv[2] ?? 8080);

function end(code: number, why: string): never {
  console.error(why);
  process.exit(code);
}
const failed = (error: Error) => end(1, `not started: ${error.message}`);

if (!(Number.isInteger(port) && port >= 0 && port < 65_536)) end(2, "no port: node server.ts 8080 (0 to 65535)");
const auth = new DesktopAuth(process.env.POSTERN_ACCOUNT);
const onPrompt = ({ code }: { code: string }) => console.error(`waiting for approval: postern approve ${code}`);
const own = { integrationName: "example-server", integrationVersion: "1.0.0" };
const client = await createClient({ auth, ...own, onPrompt }).catch(failed);

/** Errors after which a caller may try again later: a person must unlock or approve, or the agent restarts. */
const passing = [errors.LockedError, errors.ApprovalTimedOutError, AgentNotRunning, ConnectionLost, TimedOut];
const server = createServer(async (_request, response) => {
  try {
    const secret = await client.secrets.resolve(REFERENCE, { deadlineMs: 30_000 });
    response.end(`served with a secret of ${secret.length} characters\n`);
  } catch (error) {
    const comesBack = passing.some((kind) => error instanceof kind);
    response.writeHead(comesBack ? 503 : 500, comesBack ? { "retry-after": "10" } : {});
    response.end(`${error instanceof Error ? error.name : "Error"}\n`);
  }
});
server.once("error", failed).listen(port, "127.0.0.1", () => console.log(JSON.stringify(server.address())));
process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
  client.close();
});
