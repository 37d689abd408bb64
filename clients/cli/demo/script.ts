// The demonstration's first program: an ordinary script with the TypeScript client.
import { createClient, DesktopAuth } from "../../typescript/client.ts";

const references = process.argv.slice(2);
const client = await createClient({
  auth: new DesktopAuth(),
  integrationName: "demo-script",
  integrationVersion: "1.0.0",
});
// Reads all at once, so that the person is asked once. Then reads one again, as a program does that repeats its work.
const { outcomes } = await client.call("secrets.resolveAll", { references });
for (const [index, outcome] of outcomes.entries()) tell(references[index] ?? "", outcome);
tell(references[0] ?? "", await client.call("secrets.resolve", { reference: references[0] ?? "" }));
client.close();

/** Prints the type of the value and the time it took, and never the value. */
function tell(reference: string, outcome: (typeof outcomes)[number]): void {
  if ("error" in outcome) throw new Error(outcome.error.message);
  process.stdout.write(
    `${JSON.stringify({ reference, ...outcome, secret: undefined, size: outcome.secret.length })}\n`,
  );
}
