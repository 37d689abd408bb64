// A chunk of bytes, read line by line. Of a program without a yes each line waits for its turn.
import type { LineReader } from "../../protocol/framing.ts";
import type { Step } from "./turns.ts";

export type ChunkParts = {
  readonly reader: Pick<LineReader, "pushLine">;
  /** Called before its first line. */
  begin(): void;
  /** Whether nothing more is read. */
  hasEnded(): boolean;
  /** Called after its last line. */
  read(): void;
};

/** `onDone` takes what is called once the chunk is read or dropped. Nothing is called where it has been read already. */
export function chunkStep(
  chunk: Uint8Array,
  { reader, begin, hasEnded, read }: ChunkParts,
): Step & { onDone(call: () => void): void } {
  let at = 0;
  let done = () => {};
  return {
    run: () => {
      if (at === 0) begin();
      at = hasEnded() ? chunk.length : reader.pushLine(chunk, at);
      if (at < chunk.length) return true;
      done();
      read();
      return false;
    },
    drop: () => {
      chunk.fill(0);
      done();
    },
    onDone: (call) => {
      done = call;
    },
  };
}
