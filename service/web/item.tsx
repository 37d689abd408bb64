// The opened item: its fields by section, notes, websites and files.
import { cleanText } from "../../protocol/clean-text.ts";
import type { ShareContent } from "../../protocol/item/item-share.ts";
import { Copy } from "./copy.tsx";
import { Field, Linked, Row } from "./field.tsx";
import { SharedFileRow } from "./file.tsx";
import type { Share } from "./share.ts";
import { Visible } from "./visible.tsx";

export function Item({ share, content, oneTime }: { share: Share; content: ShareContent; oneTime: boolean }) {
  const known = new Set(content.sections.map(({ id }) => id));
  const loose = content.fields.filter(({ sectionId = "" }) => sectionId === "" || !known.has(sectionId));
  const sections = content.sections.filter(({ id }) => id !== "");
  return (
    <>
      <h1 tabIndex={-1} ref={(heading) => heading?.focus()}>
        {cleanText(content.title).trim() || "Shared item"}
      </h1>
      {content.sender !== undefined && <p class="small sender">From the account “{cleanText(content.sender)}”</p>}
      {oneTime && <p class="notice">This link is used up now. What you see goes when you leave or reload this page.</p>}
      <Fields fields={loose} />
      {content.websites.length > 0 && (
        <dl>
          {content.websites.map(({ url }, index) => {
            const label = websiteLabel(content.websites, index);
            return (
              <Row label={label} buttons={<Copy label={label} text={() => url} />}>
                <Linked text={url} />
              </Row>
            );
          })}
        </dl>
      )}
      {sections.map(({ id, title }) => (
        <section>
          {cleanText(title).trim() !== "" && <h2>{cleanText(title)}</h2>}
          <Fields fields={content.fields.filter(({ sectionId }) => sectionId === id)} />
        </section>
      ))}
      {content.notes !== "" && (
        <section>
          <h2>Notes</h2>
          <dl>
            <Row label="text" buttons={<Copy label="notes" text={() => content.notes} />}>
              <span class="notes">
                <Visible text={content.notes} />
              </span>
            </Row>
          </dl>
        </section>
      )}
      {content.files.length > 0 && (
        <section>
          <h2>Files</h2>
          <dl>
            {content.files.map((file) => (
              <SharedFileRow share={share} file={file} />
            ))}
          </dl>
        </section>
      )}
    </>
  );
}

/** Each of several websites has its own label, so that its Copy button says which one it copies. */
function websiteLabel(websites: ShareContent["websites"], index: number): string {
  const labels = websites.map(({ label }) => cleanText(label).trim() || "website");
  const label = labels[index] ?? "website";
  const same = labels.filter((other) => other === label);
  return same.length === 1 ? label : `${label} ${labels.slice(0, index + 1).filter((other) => other === label).length}`;
}

function Fields({ fields }: { fields: ShareContent["fields"] }) {
  if (fields.length === 0) return null;
  return (
    <dl>
      {fields.map((field) => (
        <Field field={field} />
      ))}
    </dl>
  );
}
