// A script that needs one secret: node script.ts op://Demo/DATABASE_URL/password
// Each run waits for a person, since each run is another process. For a yes that holds for the whole terminal, see script.sh.
import { AgentNotRunning, createClient, DesktopAuth, errors } from "@postern/client";

const reference = process.argv[2] ?? "op://Demo/DATABASE_URL/password";

try {
  const client = await createClient({
    // The account, by name or id. The default account without one.
    auth: new DesktopAuth(process.env.POSTERN_ACCOUNT),
    integrationName: "example-script",
    integrationVersion: "1.0.0",
    onPrompt: ({ code }) => console.error(`waiting for approval: run \`postern approve ${code}\` in another terminal`),
  });
  const secret = await client.secrets.resolve(reference, { deadlineMs: 120_000 });
  // Pass the secret to the function that needs it, and do not print it.
  console.log(`read ${reference}: ${secret.length} characters`);
  client.close();
} catch (error) {
  if (!(error instanceof errors.PosternError || error instanceof AgentNotRunning)) throw error;
  // A refusal is an answer too. Print it with its next step.
  const name = error instanceof AgentNotRunning ? error.name : error.errorName;
  console.error(`not read: ${name}${error.hint === undefined ? "" : ` (${error.hint})`}`);
  process.exitCode = 1;
}
