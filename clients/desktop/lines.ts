// The lines of an endless body. A character or a line may be cut anywhere between two pieces.

/** Characters of a line after which the stream is given up. The agent's largest answer has fewer. */
const LINE_LENGTH_MAX = 32 * 1024 * 1024;

/** Reads a body line by line until it ends. Throws where it breaks off, or where a line is longer than an answer may be. */
export async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let begun: string[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const [rest = "", ...others] = decoder.decode(value, { stream: true }).split("\n");
    begun.push(rest);
    size += rest.length;
    if (size > LINE_LENGTH_MAX) throw new Error("a line is longer than an answer may be");
    for (const part of others) {
      yield begun.join("");
      begun = [part];
      size = part.length;
    }
  }
}
