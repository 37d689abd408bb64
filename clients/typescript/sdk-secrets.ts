// client.secrets, and the static helpers. The helpers need no agent: they check references and make passwords in this process.
import { randomBytes } from "node:crypto";
import type { Call } from "./call.ts";
import type { CallOptions } from "./channel.ts";
import { PosternError } from "./generated.ts";
import { generatePassword } from "./generated-generate-password.ts";
import { parseReference } from "./generated-reference.ts";
import { isOfResolving, resolveFailure, resolvingText } from "./generated-sdk-outcomes.ts";
import type {
  GeneratePasswordResponse,
  PasswordRecipe,
  ResolveAllResponse,
  ResolveReferenceError,
} from "./sdk-secret-types.ts";
import { type SecretWatch, type Watch, watchSecret } from "./watch.ts";
import type { Given } from "./wire-words.ts";

/** The methods that resolve references. */
export type SecretsApi = {
  /** The secret of a reference. */
  resolve(secretReference: string, options?: CallOptions): Promise<string>;
  /** The secrets of several references. Each has its own outcome, under the reference as the caller wrote it. */
  resolveAll(secretReferences: readonly string[], options?: CallOptions): Promise<ResolveAllResponse>;
};

/** The same, and the helpers that need no client. */
export class Secrets implements SecretsApi {
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  async resolve(secretReference: string, options?: CallOptions): Promise<string> {
    try {
      return (await this.#call("secrets.resolve", { reference: secretReference }, options)).secret;
    } catch (error) {
      throw ofResolving(error);
    }
  }

  async resolveAll(secretReferences: readonly string[], options?: CallOptions): Promise<ResolveAllResponse> {
    const { outcomes } = await this.#call("secrets.resolveAll", { references: [...secretReferences] }, options);
    const entries = outcomes.map((outcome, index): [string, ResolveAllResponse["individualResponses"][string]] => [
      secretReferences[index] ?? "",
      "error" in outcome
        ? { error: resolveFailure(outcome.error) as ResolveReferenceError }
        : { content: { secret: outcome.secret, itemId: outcome.itemId, vaultId: outcome.vaultId } },
    ]);
    return { individualResponses: Object.fromEntries(entries) };
  }

  /** Throws InvalidReferenceError where a text is no reference. */
  static validateSecretReference(secretReference: string): void {
    parseReference(secretReference);
  }

  /** A password by a recipe. Throws InvalidRecipeError for a length out of range. */
  static generatePassword(recipe: Given<PasswordRecipe>): GeneratePasswordResponse {
    return { password: generatePassword(recipe, randomBytes) };
  }
}

/** What ours has beyond the official secrets. */
export type WatchingSecrets = SecretsApi & {
  /**
   * Tells when a secret changes, and never its value: `for await (const change of client.secrets.watch(reference))`. It begins at once, and
   * its first `next` throws where it could not. It throws WatchEnded when the account is locked or the approval ends.
   */
  watch(secretReference: string, options?: CallOptions): SecretWatch;
};

/** The secrets of an open client. */
export function watchingSecrets(call: Call, watch: Watch): WatchingSecrets {
  const opened: Watch = (reference, options) =>
    watch(reference, options).catch((error: unknown) => {
      throw ofResolving(error);
    });
  return Object.assign(new Secrets(call), {
    watch: (reference: string, options: CallOptions = {}) => watchSecret(opened, reference, options),
  });
}

function ofResolving(error: unknown): unknown {
  if (!(error instanceof PosternError) || !isOfResolving(error.errorName)) return error;
  const Class = error.constructor as typeof PosternError;
  return new Class(resolvingText(error.message), error);
}
