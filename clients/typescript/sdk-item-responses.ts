// The outcomes of batches, as the official SDKs have them.
import type { Item } from "./sdk-item-types.ts";

/** A text for a person. */
export type ErrorMessage = string;

/** One outcome of several: a content or an error. */
export interface Response<T, E> {
  content?: T;
  error?: E;
}

/** Why an item was not written or deleted. */
export type ItemUpdateFailureReason =
  | { type: "itemValidationError"; message: ErrorMessage }
  | { type: "itemStatusPermissionError"; message?: undefined }
  | { type: "itemStatusIncorrectItemVersion"; message?: undefined }
  | { type: "itemStatusFileNotFound"; message?: undefined }
  | { type: "itemStatusTooBig"; message?: undefined }
  | { type: "itemNotFound"; message?: undefined }
  | { type: "internal"; message: ErrorMessage };

/** Why an item was not read. */
export type ItemsGetAllError =
  | { type: "itemNotFound"; message?: undefined }
  | { type: "internal"; message: ErrorMessage };

/** By item id. */
export interface ItemsDeleteAllResponse {
  individualResponses: Record<string, Response<undefined, ItemUpdateFailureReason>>;
}

/** In the order of the request. */
export interface ItemsGetAllResponse {
  individualResponses: Response<Item, ItemsGetAllError>[];
}

/** In the order of the request. */
export interface ItemsUpdateAllResponse {
  individualResponses: Response<Item, ItemUpdateFailureReason>[];
}
