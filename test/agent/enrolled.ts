// Enrols an authenticator, as the app's page does, on one connection.
import type { Channel } from "../../clients/typescript/channel.ts";
import { PASSWORD } from "./person.ts";
import type { SoftwareAuthenticator, Twist } from "./software-authenticator.ts";

/** Returns the id of the authenticator, and whether it unlocks. */
export async function enrol(
  channel: Pick<Channel, "call">,
  device: SoftwareAuthenticator,
  { name = "Fingerprint", password = PASSWORD, twist = {} }: { name?: string; password?: string; twist?: Twist } = {},
): Promise<{ authenticator: string; unlocks: boolean }> {
  const { options } = await channel.call("authenticators.enrol", { name, password });
  const registration = device.create(options, twist);
  const made = await channel.call("authenticators.register", { registration });
  if (made.options === undefined) return { authenticator: made.authenticator, unlocks: false };
  const assertion = device.get(made.options, twist);
  const { unlocks } = await channel.call("authenticators.enableUnlock", { assertion });
  return { authenticator: made.authenticator, unlocks };
}
