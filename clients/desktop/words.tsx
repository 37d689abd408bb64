// Our own sentences, in which commands stand between backquotes. Texts of others are never put through this.

export function Words({ text }: { text: string }) {
  return <>{text.split("`").map((part, at) => (at % 2 === 0 ? part : <code>{part}</code>))}</>;
}
