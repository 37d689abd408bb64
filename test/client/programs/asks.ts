// Reads a secret three times at once, and prints it. `listen` as its word gives it a listener of its own for prompts.
import { createClient, DesktopAuth } from "../../../clients/typescript/client.ts";

const [, , reference = "", word] = process.argv;
const onPrompt = word === "listen" ? { onPrompt: () => console.log("heard") } : {};
const client = await createClient({
  auth: new DesktopAuth(process.env.ACCOUNT ?? ""),
  integrationName: "shop",
  ...onPrompt,
});
const read = await Promise.all([1, 2, 3].map(() => client.secrets.resolve(reference)));
console.log(read.join(" "));
client.close();
