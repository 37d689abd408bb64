// A value on the page. Characters that a reader could not see are shown by their codes.
import { visibleStretches } from "./visible-text.ts";

export function Visible({ text }: { text: string }) {
  return (
    <>
      {visibleStretches(text).map(({ raw, code }) =>
        code === undefined ? raw : <mark title="a character that cannot be seen; Copy has it as it is">{code}</mark>,
      )}
    </>
  );
}
