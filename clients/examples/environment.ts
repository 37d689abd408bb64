// The variables of a named environment, read by the program itself: node environment.ts staging
// `postern env import staging .env` makes one. A program that only reads its variables needs no code: see environment.sh.
import { createClient, DesktopAuth } from "@postern/client";

const wanted = process.argv[2] ?? "staging";

const client = await createClient({
  auth: new DesktopAuth(),
  integrationName: "example-environment",
  integrationVersion: "1.0.0",
  onPrompt: ({ code }) => console.error(`waiting for approval: postern approve ${code}`),
});

try {
  const { environments } = await client.call("environments.list", {});
  const found = environments.find(({ id, title }) => id === wanted || title === wanted);
  if (found === undefined) throw new Error(`there is no environment ${wanted}; \`postern env list\` shows them`);
  const { variables } = await client.environments.getVariables(found.id);
  // A masked value is a secret: show that it is there.
  for (const { name, value, masked } of variables) console.log(`${name}=${masked ? "(masked)" : value}`);
} finally {
  client.close();
}
