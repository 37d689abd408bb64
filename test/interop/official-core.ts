// The official SDKs' core as a judge. Without a client it answers "invalid client id" when a request parses, and another text when it does
// not. So it judges requests offline.
import { createRequire } from "node:module";
import type { SdkName } from "../../protocol/sdk/shapes.ts";

const core = createRequire(import.meta.url)("@1password/sdk-core") as {
  invoke(text: string): Promise<string>;
  init_client(text: string): Promise<string>;
};

/** The core runs these operations without a client. Only a text that is not JSON shows that their parameters did not parse. */
const carriedOut: ReadonlySet<string> = new Set<SdkName>(["ValidateSecretReference", "GeneratePassword"]);

/** Whether the core parses the parameters of an operation. */
export async function parsesThere(name: SdkName, parameters: unknown): Promise<boolean> {
  const verdict = await verdictOn(JSON.stringify({ invocation: { clientId: 0, parameters: { name, parameters } } }));
  if (verdict === "carried out" && !carriedOut.has(name)) throw new Error("the core carried out what needs a client");
  return verdict !== "malformed";
}

export type Verdict = "malformed" | "parsed" | "carried out";

/** What the core makes of the text of an invocation. */
export async function verdictOn(text: string): Promise<Verdict> {
  try {
    await core.invoke(text);
    return "carried out";
  } catch (thrown) {
    const error = String(thrown);
    if (error.includes("invalid client id")) return "parsed";
    return error.startsWith("{") ? "carried out" : "malformed";
  }
}

/** The faults that the core finds in a configuration, or that it is malformed. */
export async function faultsThere(config: object): Promise<readonly string[] | "malformed"> {
  try {
    await core.init_client(JSON.stringify(config));
    return [];
  } catch (thrown) {
    const error = String(thrown);
    if (!error.startsWith("{")) return "malformed";
    const { message } = JSON.parse(error) as { message: string };
    return message.replace("invalid user input: encountered the following errors: ", "").split("; ");
  }
}
