// A real agent with one secret, and the token of a service account that may read it. So nobody is asked, however many programs read.
import { attachPerson, makeAccount, PASSWORD, type Person } from "../agent/person.ts";
import { type RunningAgent, startAgent } from "../agent/start.ts";

export const REFERENCE = "op://Demo/DATABASE_URL/password";
export const SECRET = "postgres://hunters-moon@db/shop";

/** What programs/typed.mts prints. */
export const TYPED_OUTPUT = `${SECRET}\nDATABASE_URL true true\nitemNotFound\ntrue\n`;

export type DemoAgent = {
  /** The variables by which a program finds the agent, the token and the reference. */
  readonly env: Readonly<Record<string, string>>;
  /** Locks the account, unlocks it, and goes on answering every question with yes. */
  lockAndUnlock(): Promise<void>;
  /** The texts of the questions so far. */
  asked(): readonly string[];
  readonly agent: RunningAgent;
  remove(): Promise<void>;
};

export async function startDemoAgent(): Promise<DemoAgent> {
  const agent = await startAgent();
  await makeAccount(agent);
  const before: Person["seen"][number][] = [];
  let person = await attachPerson(agent);
  person.always("yes");
  const owner = await agent.connect();
  const { id: vaultId } = await owner.call("vaults.create", { title: "Demo" });
  const fields = [{ id: "password", title: "password", fieldType: "Concealed" as const, value: SECRET }];
  await owner.call("items.create", { item: { vaultId, title: "DATABASE_URL", category: "Password", fields } });
  const variables = [{ name: "PORT", value: "8080", masked: false }];
  const environment = await owner.call("environments.create", { title: "staging", variables });
  const { groups } = await owner.call("groups.list", {});
  const group = groups.find(({ groupType }) => groupType === "administrators")?.id ?? "";
  const vaults = [{ vault: vaultId, permissions: ["read_items"] }];
  const { token } = await owner.call("serviceAccounts.create", { password: PASSWORD, title: "CI", vaults });
  const makes = { password: PASSWORD, title: "Builds", vaults: [], canCreateVaults: true };
  const { token: maker } = await owner.call("serviceAccounts.create", makes);
  owner.close();
  return {
    env: { POSTERN_HOME: agent.home, TOKEN: token, MAKER: maker, REFERENCE, ENVIRONMENT: environment.id, GROUP: group },
    lockAndUnlock: async () => {
      const channel = await agent.connect();
      await channel.call("session.lock", {});
      await channel.call("session.unlock", { password: PASSWORD });
      channel.close();
      // A lock detaches every approver.
      person.leave();
      before.push(...person.seen);
      person = await attachPerson(agent);
      person.always("yes");
    },
    asked: () => [...before, ...person.seen].map(({ text }) => text.join("\n")),
    agent,
    remove: async () => {
      person.leave();
      await agent.remove();
    },
  };
}
