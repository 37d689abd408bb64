// A value on the page, with what a reader could not see marked by its code.
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
