// References and passwords, as the official SDKs have them.
import type { SeparatorType, WordListType } from "./generated-enums.js";
import type { ErrorMessage, Response } from "./sdk-item-responses.ts";

/** The result of resolving a reference. */
export interface ResolvedReference {
  secret: string;
  itemId: string;
  vaultId: string;
}

/** Why a reference was not resolved. */
export type ResolveReferenceError =
  | { type: "parsing"; message: ErrorMessage }
  | { type: "fieldNotFound"; message?: undefined }
  | { type: "vaultNotFound"; message?: undefined }
  | { type: "tooManyVaults"; message?: undefined }
  | { type: "itemNotFound"; message?: undefined }
  | { type: "tooManyItems"; message?: undefined }
  | { type: "tooManyMatchingFields"; message?: undefined }
  | { type: "noMatchingSections"; message?: undefined }
  | { type: "incompatibleTOTPQueryParameterField"; message?: undefined }
  | { type: "unableToGenerateTotpCode"; message: ErrorMessage }
  | { type: "sSHKeyMetadataNotFound"; message?: undefined }
  | { type: "unsupportedFileFormat"; message?: undefined }
  | { type: "incompatibleSshKeyQueryParameterField"; message?: undefined }
  | { type: "unableToParsePrivateKey"; message?: undefined }
  | { type: "unableToFormatPrivateKeyToOpenSsh"; message?: undefined }
  | { type: "other"; message?: undefined };

/** By the reference as it was sent. */
export interface ResolveAllResponse {
  individualResponses: Record<string, Response<ResolvedReference, ResolveReferenceError>>;
}

/** How a password is made. */
export type PasswordRecipe =
  | {
      type: "Memorable";
      parameters: {
        separatorType: SeparatorType;
        capitalize: boolean;
        wordListType: WordListType;
        wordCount: number;
      };
    }
  | { type: "Pin"; parameters: { length: number } }
  | { type: "Random"; parameters: { includeDigits: boolean; includeSymbols: boolean; length: number } };

export interface GeneratePasswordResponse {
  password: string;
}
