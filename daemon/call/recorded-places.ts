// The places of a call in the form of a record.

/** Stands between the id of an item and the key of its field, in a record about several items. */
export const OF_ITEM = " ";

/** Places in the form of a record: vaults and items as ids, and fields as names, since they have no ids of that form. */
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
