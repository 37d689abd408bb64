// A script that needs one secret: node script.ts op://Demo/DATABASE_URL/password
// The first run waits for a person. Later runs in the same terminal do not, until ten minutes have passed without a request.
import { createClient, DesktopAuth, errors } from "@postern/client";

const reference = process.argv[2] ?? "op://Demo/DATABASE_URL/password";

const client = await createClient({
  auth: new DesktopAuth(),
  integrationName: "example-script",
  integrationVersion: "1.0.0",
  onPrompt: ({ code }) => console.error(`waiting for approval: run \`postern approve ${code}\` in another terminal`),
});

try {
  const secret = await client.secrets.resolve(reference, { deadlineMs: 120_000 });
  // Pass the secret to the function that needs it, and do not print it.
  console.log(`read ${reference}: ${secret.length} characters`);
} catch (error) {
  if (!(error instanceof errors.PosternError)) throw error;
  // A refusal is an answer too. Print it with its next step.
  console.error(`not read: ${error.errorName}${error.hint === undefined ? "" : ` (${error.hint})`}`);
  process.exitCode = 1;
} finally {
  client.close();
}
