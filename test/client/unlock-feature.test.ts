// A client asks to wait for an unlock before it has the agent's hello. An older agent refuses the parameter, and is asked again without it.
import { expect, test } from "vitest";
import { createClient, DesktopAuth, errors } from "../../clients/typescript/client.ts";
import { catalogue } from "../../protocol/catalogue.ts";
import { type Answers, startFutureAgent } from "./future-agent.ts";

const hello = catalogue["agent.hello"].example.result as { readonly features: readonly string[] };
const refusal = { code: -32602, message: "refused", data: { name: "invalidParams" } };

/** An agent from before the feature. */
const older = (features: readonly string[] | undefined): Answers => ({
  "agent.hello": () => ({ ...hello, features }),
  "clients.open": ({ waitForUnlock }) => (waitForUnlock === undefined ? { client: "1" } : refusal),
});

/** What each request for a client said of the waiting. */
async function opened(answers: Answers, auth: string | DesktopAuth): Promise<unknown[]> {
  const agent = await startFutureAgent(answers);
  try {
    (await createClient({ auth, socket: agent.socket })).close();
    return agent.asked.filter(({ method }) => method === "clients.open").map(({ params }) => params.waitForUnlock);
  } finally {
    await agent.close();
  }
}

test.each<[string, Answers, string | DesktopAuth, unknown[]]>([
  ["announces it", {}, new DesktopAuth(), [true]],
  ["announces other features alone", older(["door"]), new DesktopAuth(), [true, undefined]],
  ["announces nothing", older(undefined), new DesktopAuth(), [true, undefined]],
  ["announces it, and the client has a token", {}, "postern_t", [undefined]],
])("an agent that %s", async (_title, answers, auth, sent) => {
  expect(await opened(answers, auth)).toEqual(sent);
});

test.each<[string, readonly string[]]>([
  ["knows the waiting is not asked again", hello.features],
  ["does not know it is asked once more, and no third time", ["door"]],
])("an agent that refuses other parameters and %s", async (_title, features) => {
  const refuses = { "agent.hello": () => ({ ...hello, features }), "clients.open": () => refusal };
  const agent = await startFutureAgent(refuses);
  const failed = createClient({ auth: new DesktopAuth(), socket: agent.socket });
  await expect(failed).rejects.toBeInstanceOf(errors.InvalidParamsError);
  const asked = agent.asked.filter(({ method }) => method === "clients.open").length;
  expect(asked).toBe(features.includes("waitForUnlock") ? 1 : 2);
  await agent.close();
});
