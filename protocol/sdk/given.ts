// Optional parameters: the clients say in two ways that one is missing.

type Given<T> = { [Key in keyof T as null extends T[Key] ? never : undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as null extends T[Key] ? Key : undefined extends T[Key] ? Key : never]?: Exclude<
    T[Key],
    null | undefined
  >;
};

/** Removes the fields that were left out. Python sends null for them; JavaScript and Go send nothing. */
export function given<T extends object>(params: T): Given<T> {
  return Object.fromEntries(
    Object.entries(params).filter(([, value]) => value !== null && value !== undefined),
  ) as Given<T>;
}
