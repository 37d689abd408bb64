// A client asks to wait for an unlock only where the agent announced that it knows how. An older agent would refuse the parameter.
import { expect, test } from "vitest";
import { createClient, DesktopAuth } from "../../clients/typescript/client.ts";
import { catalogue } from "../../protocol/catalogue.ts";
import { startFutureAgent } from "./future-agent.ts";

const hello = catalogue["agent.hello"].example.result as object;

test.each<[string, object, string | DesktopAuth, true | undefined]>([
  ["announces it", hello, new DesktopAuth(), true],
  ["announces other features alone", { ...hello, features: ["door"] }, new DesktopAuth(), undefined],
  ["announces nothing", { ...hello, features: undefined }, new DesktopAuth(), undefined],
  ["announces it, and the client has a token", hello, "postern_t", undefined],
])("an agent that %s", async (_title, told, auth, sent) => {
  const agent = await startFutureAgent({ "agent.hello": () => told });
  const client = await createClient({ auth, socket: agent.socket });
  client.close();
  expect(agent.asked.find(({ method }) => method === "clients.open")?.params.waitForUnlock).toBe(sent);
  await agent.close();
});
