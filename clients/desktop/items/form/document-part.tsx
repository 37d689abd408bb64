// The file of a new document. It goes with the item in one call, so it has the size that a call may have.
import { useId, useState } from "preact/hooks";
import { itemLimits } from "../../../typescript/generated-limits.ts";
import { shown } from "../../prompt.ts";
import { sizeText } from "../saving.ts";
import { FaultLine } from "./fault-line.tsx";

/** A file as the agent takes it: its bytes in base64. */
export type ChosenFile = { readonly name: string; readonly content: string };

type DocumentPartProps = {
  readonly file: ChosenFile | undefined;
  readonly fault: string | undefined;
  readonly onChosen: (file: ChosenFile | undefined) => void;
};

export function DocumentPart({ file, fault, onChosen }: DocumentPartProps) {
  const id = useId();
  const [refusal, setRefusal] = useState<string>();
  const text = refusal ?? (file === undefined ? fault : undefined);
  const faultId = text === undefined ? undefined : `${id}-fault`;
  const choose = (chosen: File | undefined) => {
    onChosen(undefined);
    setRefusal(undefined);
    if (chosen === undefined) return;
    if (chosen.size > itemLimits.inlineFileBytes)
      return setRefusal(
        `The file has ${sizeText(chosen.size)}. A new document takes ${sizeText(itemLimits.inlineFileBytes)} here. Make it in a terminal: postern item create --file.`,
      );
    const name = chosen.name.slice(0, itemLimits.fileName);
    chosen.arrayBuffer().then(
      (bytes) => onChosen({ name, content: base64(new Uint8Array(bytes)) }),
      () => setRefusal("The browser could not read the file. Choose it again."),
    );
  };
  return (
    <div class="form-field">
      <label for={id}>File of the document</label>
      <input
        id={id}
        type="file"
        aria-invalid={text !== undefined}
        aria-describedby={faultId}
        onChange={({ currentTarget }) => choose(currentTarget.files?.[0])}
      />
      <p role="status">
        {file !== undefined && (
          <>
            It takes <bdi>{shown(file.name, 80)}</bdi>.
          </>
        )}
      </p>
      <FaultLine id={faultId} text={text} />
    </div>
  );
}

/** Bytes that one call of String.fromCharCode takes without trouble. */
const CHUNK = 8_192;

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}
