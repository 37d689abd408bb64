// A program that imports the client, with a part of CommonJS that requires it. It reads a secret, and says whether both parts have the
// same classes, and how an error is called.
import { createClient, Secrets } from "@postern/client";
import required from "./both-part.cjs";

const { TOKEN, REFERENCE } = process.env;
const client = await createClient({ auth: TOKEN, integrationName: "shop", integrationVersion: "1.0.0" });
console.log(await client.secrets.resolve(REFERENCE));
const error = await client.secrets.resolve("op://Demo/NOTHING/password").catch((caught) => caught);
console.log(required.Secrets === Secrets, error instanceof required.errors.ItemNotFoundError, error.name);
client.close();
