// The opened item: its fields by section, notes, websites and files.
import type { ShareContent } from "../../protocol/item-share.ts";
import { Copy } from "./copy.tsx";
import { Field, Linked, Row } from "./field.tsx";
import { SharedFileRow } from "./file.tsx";
import type { Share } from "./share.ts";

export function Item({ share, content, oneTime }: { share: Share; content: ShareContent; oneTime: boolean }) {
  const known = new Set(content.sections.map(({ id }) => id));
  const loose = content.fields.filter(({ sectionId = "" }) => sectionId === "" || !known.has(sectionId));
  const sections = content.sections.filter(({ id }) => id !== "");
  return (
    <>
      <h1 tabIndex={-1} ref={(heading) => heading?.focus()}>
        {content.title === "" ? "Shared item" : content.title}
      </h1>
      {oneTime && <p class="notice">This link is used up now. What you see goes when you leave or reload this page.</p>}
      <Fields fields={loose} />
      {content.websites.length > 0 && (
        <dl>
          {content.websites.map(({ url, label }) => (
            <Row label={label === "" ? "website" : label} buttons={<Copy label="website" text={() => url} />}>
              <Linked text={url} />
            </Row>
          ))}
        </dl>
      )}
      {sections.map(({ id, title }) => (
        <section>
          {title !== "" && <h2>{title}</h2>}
          <Fields fields={content.fields.filter(({ sectionId }) => sectionId === id)} />
        </section>
      ))}
      {content.notes !== "" && (
        <section>
          <h2>Notes</h2>
          <dl>
            <Row label="text" buttons={<Copy label="notes" text={() => content.notes} />}>
              <span class="notes">{content.notes}</span>
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
