// The bytes of files in official parameters. They are taken out before the parameters are translated, and travel beside them: as text in
// base64 a file of 50 MB would be copied at each step.
import type { ParamsOf } from "../catalogue.ts";
import type { SdkBytes, SdkName, SdkShapes } from "./shapes.ts";

/** The files of each operation that brings some, in the order of the parameters of our method. */
const holders: { readonly [Name in SdkName]?: (parameters: SdkShapes[Name]) => readonly Holder[] } = {
  ItemsCreate: ({ params }) => filesOf(params),
  ItemsCreateAll: ({ params }) => params.flatMap(filesOf),
  ItemsFilesAttach: ({ file_params }) => [file_params],
  ItemsFilesReplaceDocument: ({ doc_params }) => [doc_params],
};

/** The same places in the parameters of our methods. */
const places = {
  "items.create": ({ item }: ParamsOf<"items.create">) => filesOf(item),
  "items.createAll": ({ items }: ParamsOf<"items.createAll">) => items.flatMap(filesOf),
  "files.attach": ({ file }: ParamsOf<"files.attach">) => [file],
  "files.replaceDocument": ({ document }: ParamsOf<"files.replaceDocument">) => [document],
};

type Holder = { content: SdkBytes };
type WithFiles = { readonly files?: readonly Holder[] | null; readonly document?: Holder | null };

const filesOf = ({ files, document }: WithFiles): readonly Holder[] => [
  ...(files ?? []),
  ...(document === null || document === undefined ? [] : [document]),
];

/** Takes the bytes out of the parameters, which are changed. */
export function takeContents<Name extends SdkName>(
  name: Name,
  parameters: SdkShapes[Name],
): readonly Uint8Array<ArrayBuffer>[] {
  return (holders[name]?.(parameters) ?? []).map((holder) => {
    const { content } = holder;
    holder.content = "";
    return typeof content === "string" ? Uint8Array.fromBase64(content) : Uint8Array.from(content);
  });
}

/** The taken bytes by their place in the parameters of our method. */
export function contentsByPlace(
  method: string,
  params: object,
  contents: readonly Uint8Array[],
): ReadonlyMap<object, Uint8Array> {
  const held = Object.hasOwn(places, method) ? places[method as keyof typeof places](params as never) : [];
  return new Map(held.flatMap((place, index) => (contents[index] === undefined ? [] : [[place, contents[index]]])));
}
