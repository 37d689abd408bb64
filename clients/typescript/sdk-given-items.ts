// Items as a program gives them, in the form of the wire, with all keys and words that this client does not know: it may have read them
// from a later agent, which wants them back. An agent that does not know them refuses the request as a whole, before anything happens. Then
// the item is sent again without them, as the official core would read it.
import { InvalidParamsError, type Methods, type ItemField as WireField, type Item as WireItem } from "./generated.ts";
import { given } from "./generated-sdk-given.ts";
import { newItem, wholeItem } from "./generated-sdk-item-params.ts";
import type { Item, ItemCreateParams, ItemField } from "./sdk-item-types.ts";
import { base64 } from "./sdk-to-base64.ts";
import type { Given } from "./wire-words.ts";

type WireParams = Methods["items.create"]["params"]["item"];

/** Sends what a program gave, and where the agent does not know all of it, what is known. */
export async function tolerated<Sent, Answer>(
  send: (sent: Sent) => Promise<Answer>,
  whole: Sent,
  known: () => Sent,
): Promise<Answer> {
  try {
    return await send(whole);
  } catch (error) {
    if (!(error instanceof InvalidParamsError)) throw error;
    return send(known());
  }
}

export const wholeParams = (params: Given<ItemCreateParams>): WireParams => {
  // A program may give an item that it has read. These parts of it are no parameters.
  const { id, version, createdAt, updatedAt, state, ...rest } = params as typeof params &
    Partial<Record<string, unknown>>;
  const { fields, files, document, ...more } = given(rest) as typeof params;
  return given({
    ...more,
    fields: fields?.map(wholeField),
    files: files?.map((file) => ({ ...file, content: base64(file.content) })),
    document: document && { ...document, content: base64(document.content) },
  }) as WireParams;
};

export const knownParams = (params: Given<ItemCreateParams>): WireParams => newItem(params);

const lists = { fields: [], sections: [], tags: [], websites: [], files: [] };

export function wholeOf(item: Given<Item>): WireItem {
  const there = { ...lists, ...given(withTimes(item)) } as ReturnType<typeof withTimes>;
  return { ...there, fields: there.fields.map(wholeField) };
}

export const knownOf = (item: Given<Item>): WireItem => wholeItem(withTimes(item));

const withTimes = ({ createdAt, updatedAt, ...item }: Given<Item>) => ({
  ...item,
  createdAt: timeText(createdAt),
  updatedAt: timeText(updatedAt),
});

const timeText = (time: Date | string) => (typeof time === "string" ? time : time.toISOString());

/** The official details may leave out the content. On the wire it is null then. */
function wholeField(field: Given<ItemField>): WireField {
  const { details, ...rest } = given(field) as Given<ItemField>;
  if (details === undefined) return rest;
  if (details.type === "Otp") return { ...rest, details };
  return { ...rest, details: { ...details, content: details.content ?? null } as NonNullable<WireField["details"]> };
}
