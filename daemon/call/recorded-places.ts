// The places of a call as a record of the log holds them.

/** Between the id of an item and the key of its field, where a record is about several items. */
export const OF_ITEM = " ";

/** Places as a record holds them: the ids of vaults and items, and as names the fields, which have no ids of that form. */
export function recordedPlaces(places: readonly { vault?: string; item?: string; field?: string }[]): {
  ids: string[];
  names: string[];
} {
  const alone = places.length === 1;
  return {
    ids: places.flatMap(({ vault, item }) => [vault, item].filter((id) => id !== undefined)),
    names: places.flatMap(({ item, field }) =>
      field === undefined ? [] : [alone ? field : `${item ?? ""}${OF_ITEM}${field}`],
    ),
  };
}
