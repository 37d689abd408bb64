// Asks a peer that does not answer, with a deadline, and does nothing to end the client.
import { createClient, DesktopAuth } from "../../../clients/typescript/client.ts";

const [, , socket = "", deadlineMs = ""] = process.argv;
const client = await createClient({ auth: new DesktopAuth(), socket });
await client.secrets
  .resolve("op://a/b/c", { deadlineMs: Number(deadlineMs) })
  .catch((error: Error) => console.log(error.name));
