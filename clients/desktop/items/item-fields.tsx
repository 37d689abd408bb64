// The fields of an item by their sections. A concealed value is drawn only after the person asked for it, and no longer than its page.
import { useState } from "preact/hooks";
import type { Item, ItemField } from "../../typescript/generated.ts";
import type { Channel } from "../channel.ts";
import { shown } from "../prompt.ts";
import { CopyButton } from "./copy-button.tsx";
import { OneTimeCode } from "./one-time-code.tsx";
import { ValueText } from "./value-text.tsx";

/** Values that whoever stands behind the person should not read. */
const concealed: ReadonlySet<ItemField["fieldType"]> = new Set([
  "Concealed",
  "SshKey",
  "CreditCardNumber",
  "Unsupported",
]);

type FieldsProps = {
  readonly channel: Channel;
  readonly item: Item;
  readonly readItem: (mayAsk: boolean) => Promise<Item>;
};

export function ItemFields({ channel, item, readItem }: FieldsProps) {
  const known = new Set(item.sections.map(({ id }) => id));
  const groups = [
    {
      id: "",
      title: "",
      fields: item.fields.filter(({ sectionId = "" }) => sectionId === "" || !known.has(sectionId)),
    },
    ...item.sections
      .filter(({ id }) => id !== "")
      .map(({ id, title }) => ({ id, title, fields: item.fields.filter(({ sectionId }) => sectionId === id) })),
  ];
  return (
    <>
      {groups
        .filter(({ fields, id }) => fields.length > 0 || id !== "")
        .map(({ id, title, fields }) => (
          <section key={id}>
            {id !== "" && (
              <h2>
                <bdi>{shown(title, 80) || "(no title)"}</bdi>
              </h2>
            )}
            <dl class="fields">
              {fields.map((field) => (
                <div class="item-field" key={field.id}>
                  <dt>
                    <bdi>{shown(field.title, 80) || "(no title)"}</bdi>
                  </dt>
                  <dd>
                    <FieldValue channel={channel} field={field} readItem={readItem} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
    </>
  );
}

function FieldValue({ channel, field, readItem }: Omit<FieldsProps, "item"> & { field: ItemField }) {
  const name = shown(field.title, 80) || "the field";
  if (field.fieldType === "Totp") {
    const readField = async (mayAsk: boolean) =>
      (await readItem(mayAsk)).fields.find(({ id, sectionId }) => id === field.id && sectionId === field.sectionId);
    return <OneTimeCode channel={channel} field={field} name={name} readField={readField} />;
  }
  const text = field.details?.type === "Address" ? addressText(field) : field.value;
  if (text === "") return <span class="soft">empty</span>;
  return (
    <>
      {concealed.has(field.fieldType) ? <Concealed text={text} name={name} /> : <ValueText text={text} />}
      <CopyButton text={text} name={name} />
      {field.details?.type === "SshKey" && field.details.content !== null && (
        <p class="soft">
          Public key: <bdi>{shown(field.details.content.publicKey, 120)}</bdi>
        </p>
      )}
    </>
  );
}

function Concealed({ text, name }: { text: string; name: string }) {
  const [isShown, setShown] = useState(false);
  return (
    <>
      {isShown ? <ValueText text={text} /> : <span class="soft">hidden</span>}
      <button type="button" aria-label={`${isShown ? "Hide" : "Show"} ${name}`} onClick={() => setShown(!isShown)}>
        {isShown ? "Hide" : "Show"}
      </button>
    </>
  );
}

function addressText({ details, value }: ItemField): string {
  if (details?.type !== "Address" || details.content === null) return value;
  const { street, zip, city, state, country } = details.content;
  return [street, [zip, city].filter((part) => part !== "").join(" "), state, country]
    .filter((part) => part !== "")
    .join("\n");
}
