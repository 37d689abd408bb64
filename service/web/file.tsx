// A file of the item. The page fetches it, opens it, and saves it.
import { useState } from "preact/hooks";
import { cleanText } from "../../protocol/clean-text.ts";
import { endingOf } from "./ending.ts";
import { Row } from "./field.tsx";
import type { Share, SharedFile } from "./share.ts";

type Progress = { kind: "none" } | { kind: "busy"; part: number } | { kind: "saved" } | { kind: "failed"; why: string };

const failures: Readonly<Partial<Record<ReturnType<typeof endingOf>, string>>> = {
  tampered: "This file was altered, and was not saved.",
  offline: "The server cannot be reached. Try again.",
  usedUp: "The time to download this file is over.",
  expired: "The share has expired meanwhile.",
  revoked: "The share was revoked meanwhile.",
};

export function SharedFileRow({ share, file }: { share: Share; file: SharedFile }) {
  const [progress, setProgress] = useState<Progress>({ kind: "none" });
  // A name that is drawn backwards seems to end in another suffix.
  const name = cleanText(file.name).trim() || "file";
  const download = async () => {
    setProgress({ kind: "busy", part: 0 });
    try {
      save(await share.download(file, (part) => setProgress({ kind: "busy", part })), name);
      setProgress({ kind: "saved" });
    } catch (error) {
      setProgress({
        kind: "failed",
        why: failures[endingOf(error)] ?? "It could not be downloaded. Open the link again.",
      });
    }
  };
  return (
    <Row
      label={sizeOf(file.header.size)}
      buttons={
        <button type="button" onClick={download} disabled={progress.kind === "busy"} aria-label={`Download ${name}`}>
          Download
        </button>
      }
    >
      <span class="name">{name}</span>
      <span class="said" role="status" data-kind={progress.kind}>
        {said(progress)}
      </span>
    </Row>
  );
}

function said(progress: Progress): string {
  if (progress.kind === "busy") return `${Math.round(progress.part * 100)} %`;
  if (progress.kind === "saved") return "Saved";
  return progress.kind === "failed" ? progress.why : "";
}

function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

const UNITS = ["bytes", "KiB", "MiB"] as const;

function sizeOf(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const amount = bytes / 1024 ** power;
  return `${power === 0 || amount >= 10 ? Math.round(amount) : amount.toFixed(1)} ${UNITS[power]}`;
}
