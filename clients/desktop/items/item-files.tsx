// The files of an item, with their sizes: each can be saved and removed, and further ones attached.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { FileAttributes, Item } from "../../typescript/generated.ts";
import { itemLimits } from "../../typescript/generated-limits.ts";
import type { Channel } from "../channel.ts";
import { faultText } from "../fault-text.ts";
import { shown } from "../prompt.ts";
import { AttachFiles } from "./attach-files.tsx";
import { RemoveFile } from "./remove-file.tsx";
import { download, readFile, sizeText } from "./saving.ts";

type FilesProps = {
  readonly channel: Channel;
  readonly item: Item;
  /** The item has another version, which is the newest. */
  readonly onItem: (item: Item) => void;
};

export function ItemFiles({ channel, item, onItem }: FilesProps) {
  const { document, files } = item;
  return (
    <section aria-label="Files">
      <h2>Files</h2>
      {(document !== undefined || files.length > 0) && (
        <>
          <p class="said">The bytes of a file that you save are in this page's memory until the browser has them.</p>
          <ul class="rows">
            {document !== undefined && <FileRow key={document.id} channel={channel} item={item} file={document} />}
            {files.map(({ attributes, sectionId, fieldId }) => (
              <FileRow key={attributes.id} channel={channel} item={item} file={attributes}>
                <RemoveFile
                  channel={channel}
                  item={item}
                  place={{ sectionId, fieldId }}
                  name={shown(attributes.name, 80)}
                  onItem={onItem}
                />
              </FileRow>
            ))}
          </ul>
        </>
      )}
      <AttachFiles channel={channel} item={item} onItem={onItem} />
    </section>
  );
}

type Saving = { readonly kind: "still" | "saved" } | { readonly kind: "reading"; readonly bytes: number };

type RowProps = Pick<FilesProps, "channel" | "item"> & {
  readonly file: FileAttributes;
  readonly children?: ComponentChildren;
};

function FileRow({ channel, item, file, children }: RowProps) {
  const [saving, setSaving] = useState<Saving>({ kind: "still" });
  const [fault, setFault] = useState<string>();
  const stop = useRef(new AbortController());
  // A page that is left reads on for nobody.
  useEffect(() => () => stop.current.abort(), []);
  const name = shown(file.name, 80);
  const save = async () => {
    stop.current = new AbortController();
    const { signal } = stop.current;
    setFault(undefined);
    setSaving({ kind: "reading", bytes: 0 });
    const wish = { vaultId: item.vaultId, itemId: item.id, fileId: file.id };
    try {
      const blob = await readFile(channel, wish, signal, (bytes) => setSaving({ kind: "reading", bytes }));
      if (blob !== undefined) download(blob, shown(file.name, itemLimits.fileName));
      setSaving({ kind: blob === undefined ? "still" : "saved" });
    } catch (error) {
      setSaving({ kind: "still" });
      setFault(faultText(error));
    }
  };
  return (
    <li>
      <div class="row-text">
        <p>
          <bdi>{name}</bdi> <span class="soft">{sizeText(file.size)}</span>
        </p>
        {saving.kind === "reading" && <progress value={saving.bytes} max={file.size} aria-label={`Reading ${name}`} />}
        <p role="status">{saving.kind === "saved" && "Handed to the browser, which saves it."}</p>
        {fault !== undefined && (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
      </div>
      {saving.kind === "reading" ? (
        <button type="button" aria-label={`Cancel ${name}`} onClick={() => stop.current.abort()}>
          Cancel
        </button>
      ) : (
        <button type="button" aria-label={`Save ${name}`} onClick={save}>
          Save
        </button>
      )}
      {children}
    </li>
  );
}
