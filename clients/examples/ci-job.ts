// A CI job without a person: POSTERN_SERVICE_ACCOUNT_TOKEN=… node ci-job.ts op://Demo/DATABASE_URL/password …
// `postern service-account create CI --vault Demo:read_items --expires-in 30d` makes the token. The CI's own store of secrets holds it.
import { AgentNotRunning, createClient, errors } from "@postern/client";

const auth = process.env.POSTERN_SERVICE_ACCOUNT_TOKEN ?? "";
// A CI gives no secrets to the pull request of a fork: the variable is empty there.
if (auth === "") {
  console.error("no token: set POSTERN_SERVICE_ACCOUNT_TOKEN");
  process.exit(2);
}
// Programs that this job starts need no token.
delete process.env.POSTERN_SERVICE_ACCOUNT_TOKEN;

const references = process.argv.slice(2);
// A job whose list of secrets got lost must not count as done.
if (references.length === 0) {
  console.error("no reference: node ci-job.ts op://VAULT/ITEM/FIELD …");
  process.exit(2);
}
try {
  const client = await createClient({ auth, integrationName: "example-ci-job", integrationVersion: "1.0.0" });
  // All at once: one request, and one answer for each reference.
  const { individualResponses } = await client.secrets.resolveAll(references);
  for (const [reference, { content, error }] of Object.entries(individualResponses)) {
    console.log(`${reference}: ${content === undefined ? `not there (${error?.type})` : "read"}`);
    if (content === undefined) process.exitCode = 1;
  }
  client.close();
} catch (error) {
  if (!(error instanceof errors.PosternError || error instanceof AgentNotRunning)) throw error;
  console.error(error instanceof AgentNotRunning ? error.message : `refused: ${error.errorName}`);
  process.exitCode = 1;
}
