// A page with unsaved changes holds its place: the app asks it before another address draws another page, and says so where the session ends under it.

type Hold = {
  /** Whether something is typed that is not saved. */
  readonly isUnsaved: () => boolean;
  /** Told of the address that the person wants. True keeps the page where it is. */
  readonly keeps: (wanted: string) => boolean;
};

let held: Hold | undefined;

/** Holds the place until the returned function is called. One page is drawn at a time, so one holds. */
export function holdPlace(hold: Hold): () => void {
  held = hold;
  return () => {
    if (held === hold) held = undefined;
  };
}

/** Whether the app may draw the place that the address names now. */
export const mayLeave = (): boolean => held?.keeps(location.hash) !== true;

/** Whether the page that is drawn has unsaved changes. */
export const hasUnsaved = (): boolean => held?.isUnsaved() === true;
