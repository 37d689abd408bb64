// The files of an item, with their sizes, and the saving of each.
import { useEffect, useRef, useState } from "preact/hooks";
import type { FileAttributes, Item } from "../../typescript/generated.ts";
import { itemLimits } from "../../typescript/generated-limits.ts";
import type { Channel } from "../channel.ts";
import { faultText } from "../fault-text.ts";
import { shown } from "../prompt.ts";
import { download, readFile, sizeText } from "./saving.ts";

export function ItemFiles({ channel, item }: { channel: Channel; item: Item }) {
  const files = [...(item.document === undefined ? [] : [item.document]), ...item.files.map((file) => file.attributes)];
  if (files.length === 0) return null;
  return (
    <>
      <h2>Files</h2>
      <p class="said">
        A file has {sizeText(itemLimits.fileBytes)} at most. Its bytes are in this page's memory until the browser has
        saved them.
      </p>
      <ul class="rows">
        {files.map((file) => (
          <FileRow key={file.id} channel={channel} item={item} file={file} />
        ))}
      </ul>
    </>
  );
}

type Saving = { readonly kind: "still" | "saved" } | { readonly kind: "reading"; readonly bytes: number };

function FileRow({ channel, item, file }: { channel: Channel; item: Item; file: FileAttributes }) {
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
    </li>
  );
}
