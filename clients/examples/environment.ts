// The variables of a named environment, read by the program itself: node environment.ts staging
// `postern env import staging .env` makes one. A program that only reads its variables needs no code: see environment.sh.
import { AgentNotRunning, createClient, DesktopAuth, errors } from "@postern/client";

const wanted = process.argv[2] ?? "staging";

try {
  const client = await createClient({
    auth: new DesktopAuth(process.env.POSTERN_ACCOUNT),
    integrationName: "example-environment",
    integrationVersion: "1.0.0",
    onPrompt: ({ code }) => console.error(`waiting for approval: postern approve ${code}`),
  });
  const { environments } = await client.call("environments.list", {});
  const found = environments.find(({ id, title }) => id === wanted || title === wanted);
  if (found === undefined) {
    console.error(`there is no environment ${wanted}; \`postern env list\` shows them`);
    process.exit(1);
  }
  const { variables } = await client.environments.getVariables(found.id);
  // A masked value is a secret: show that it is there.
  for (const { name, value, masked } of variables) console.log(`${name}=${masked ? "(masked)" : value}`);
  client.close();
} catch (error) {
  if (!(error instanceof errors.PosternError || error instanceof AgentNotRunning)) throw error;
  console.error(`not read: ${error.message}${error.hint === undefined ? "" : ` (${error.hint})`}`);
  process.exitCode = 1;
}
