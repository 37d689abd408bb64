// The demonstration's first program: a script on the TypeScript client, as anybody would write it.
import { createClient, DesktopAuth } from "../../typescript/client.ts";

const references = process.argv.slice(2);
const client = await createClient({
  auth: new DesktopAuth(),
  integrationName: "demo-script",
  integrationVersion: "1.0.0",
});
// All at once, so that the person is asked once; then one again, as a program does that restarts its work.
const { outcomes } = await client.call("secrets.resolveAll", { references });
for (const [index, outcome] of outcomes.entries()) tell(references[index] ?? "", outcome);
tell(references[0] ?? "", await client.call("secrets.resolve", { reference: references[0] ?? "" }));
client.close();

/** What kind of value came and how fast, never the value. */
function tell(reference: string, outcome: (typeof outcomes)[number]): void {
  if ("error" in outcome) throw new Error(outcome.error.message);
  process.stdout.write(
    `${JSON.stringify({ reference, ...outcome, secret: undefined, size: outcome.secret.length })}\n`,
  );
}
