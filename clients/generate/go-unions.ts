// Values of one kind of several, in the form of the official package for Go: a struct with a type and a content that only its
// constructors set and only its accessors read.
import { keptRow } from "./go-kept.ts";
import { aligned, goName } from "./go-names.ts";

export type UnionVariant = {
  /** The word on the wire. */
  readonly word: string;
  /** The Go type of its content. Undefined where it has none. */
  readonly content: string | undefined;
};

export type Union = {
  readonly name: string;
  /** The key beside `type` that holds the content. */
  readonly key: "content" | "parameters" | "message";
  readonly variants: readonly UnionVariant[];
};

const message = (word: string): UnionVariant => ({ word, content: "ErrorMessage" });
const bare = (word: string): UnionVariant => ({ word, content: undefined });

/** Those of the official package that are not on the wire. */
export const officialUnions: readonly Union[] = [
  {
    name: "ItemListFilter",
    key: "content",
    variants: [{ word: "ByState", content: "ItemListFilterByStateInner" }],
  },
  {
    name: "ItemUpdateFailureReason",
    key: "message",
    variants: [
      message("itemValidationError"),
      ...["itemStatusPermissionError", "itemStatusIncorrectItemVersion", "itemStatusFileNotFound"].map(bare),
      ...["itemStatusTooBig", "itemNotFound"].map(bare),
      message("internal"),
    ],
  },
  { name: "ItemsGetAllError", key: "message", variants: [bare("itemNotFound"), message("internal")] },
  {
    name: "ResolveReferenceError",
    key: "message",
    variants: [
      message("parsing"),
      ...["fieldNotFound", "vaultNotFound", "tooManyVaults", "itemNotFound", "tooManyItems"].map(bare),
      ...["tooManyMatchingFields", "noMatchingSections", "incompatibleTOTPQueryParameterField"].map(bare),
      message("unableToGenerateTotpCode"),
      ...["sSHKeyMetadataNotFound", "unsupportedFileFormat", "incompatibleSshKeyQueryParameterField"].map(bare),
      ...["unableToParsePrivateKey", "unableToFormatPrivateKeyToOpenSsh", "other"].map(bare),
    ],
  },
];

export function goUnion({ name, key, variants }: Union): string {
  const constant = (word: string) => `${name}TypeVariant${goName(word)}`;
  const rows = variants.map(({ word }) => [constant(word), `${name}Types`, `= ${JSON.stringify(word)}`]);
  const struct = aligned([["Type", `${name}Types`, '`json:"type"`'], [key, "any"], keptRow]);
  return [
    `// ${name}Types are the kinds of ${name}.\ntype ${name}Types string`,
    `const (\n${indented(aligned(rows))}\n)`,
    `// ${name} is of one of several kinds. Make it by the constructor of its kind.\ntype ${name} struct {\n${indented(struct)}\n}`,
    unmarshal(name, key, variants, constant),
    marshal(name, key),
    ...variants.flatMap(({ word, content }) => (content === undefined ? [] : [accessor(name, key, word, content)])),
    ...variants.map((variant) => constructorOf(name, key, variant, constant(variant.word))),
  ].join("\n\n");
}

const indented = (lines: readonly string[]): string => lines.map((line) => `\t${line}`).join("\n");

function unmarshal(
  name: string,
  key: string,
  variants: readonly UnionVariant[],
  constant: (word: string) => string,
): string {
  const cases = variants.flatMap(({ word, content }) =>
    content === undefined ? [] : [`\tcase ${constant(word)}:\n\t\treturn readContent[${content}](content, &v.${key})`],
  );
  return `// UnmarshalJSON reads a value of any kind. What a later agent adds is kept, so that it is sent back.
func (v *${name}) UnmarshalJSON(data []byte) error {
	content, err := readUnion(data, "${key}", (*string)(&v.Type), &v.later)
	if err != nil {
		return err
	}
	switch v.Type {
${cases.join("\n")}
	}
	return keepContent(content, &v.${key})
}`;
}

function marshal(name: string, key: string): string {
  return `// MarshalJSON writes the kind and its content.
func (v ${name}) MarshalJSON() ([]byte, error) {
	return writeUnion(string(v.Type), "${key}", v.${key}, v.later)
}`;
}

function accessor(name: string, key: string, word: string, content: string): string {
  if (content === "ErrorMessage")
    return `// ${goName(word)} is the text of this kind, and empty for any other.
func (v ${name}) ${goName(word)}() ErrorMessage {
	text, _ := v.${key}.(*ErrorMessage)
	if text == nil {
		return ""
	}
	return *text
}`;
  return `// ${goName(word)} is the content of this kind, and nil for any other.
func (v ${name}) ${goName(word)}() *${content} {
	content, _ := v.${key}.(*${content})
	return content
}`;
}

function constructorOf(name: string, key: string, { word, content }: UnionVariant, constant: string): string {
  const head = `// New${constant} makes one of the kind ${JSON.stringify(word)}.\nfunc New${constant}`;
  if (content === undefined) return `${head}() ${name} {\n\treturn ${name}{Type: ${constant}}\n}`;
  const [type, value] = content === "ErrorMessage" ? [content, "&content"] : [`*${content}`, "content"];
  return `${head}(content ${type}) ${name} {\n\treturn ${name}{Type: ${constant}, ${key}: ${value}}\n}`;
}
