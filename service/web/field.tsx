// One field of the item: shown, hidden until a click, or a one-time code. The browser gets values as text, never as markup.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { cleanText } from "../../protocol/clean-text.ts";
import { addressLine } from "../../protocol/item/field-format.ts";
import type { ItemField } from "../../protocol/item/item.ts";
import { totpCode, totpSecondsLeft } from "../../protocol/secret/totp.ts";
import { Copy } from "./copy.tsx";
import { Visible } from "./visible.tsx";

/** Types of fields that a person beside the screen should not read by accident. */
const concealed: ReadonlySet<ItemField["fieldType"]> = new Set(["Concealed", "SshKey", "CreditCardNumber"]);

/** The same number of dots for every value, since their number would show its length. */
const DOTS = "••••••••••";

const TICK_MS = 1_000;

export function Field({ field }: { field: ItemField }) {
  const label = cleanText(field.title).trim() || "value";
  if (field.fieldType === "Totp") return <OneTimeCode label={label} seed={field.value} />;
  if (concealed.has(field.fieldType)) return <Concealed label={label} value={field.value} />;
  const value = shownText(field);
  if (value === "") return null;
  return (
    <Row label={label} buttons={<Copy label={label} text={() => value} />}>
      <Linked text={value} />
    </Row>
  );
}

function shownText({ value, details }: ItemField): string {
  return details?.type === "Address" && details.content !== null ? addressLine(details.content) : value;
}

export function Row(props: { label: string; children: ComponentChildren; buttons?: ComponentChildren }) {
  return (
    <div class="row">
      <dt>{props.label}</dt>
      <dd>
        <div class="value">{props.children}</div>
        {props.buttons && <div class="buttons">{props.buttons}</div>}
      </dd>
    </div>
  );
}

/** Makes a link only of a web address. Otherwise a sharer could make the reader click on "javascript:". */
export function Linked({ text }: { text: string }) {
  const url = URL.parse(text);
  if (url?.protocol !== "https:" && url?.protocol !== "http:") return <Visible text={text} />;
  return (
    <a href={url.href} target="_blank" rel="noopener noreferrer">
      <Visible text={text} />
    </a>
  );
}

function Concealed({ label, value }: { label: string; value: string }) {
  const [isShown, setShown] = useState(false);
  if (value === "") return null;
  const word = isShown ? "Hide" : "Show";
  return (
    <Row
      label={label}
      buttons={
        <>
          <button type="button" onClick={() => setShown(!isShown)} aria-label={`${word} ${label}`}>
            {word}
          </button>
          <Copy label={label} text={() => value} />
        </>
      }
    >
      <span class="secret">{isShown ? <Visible text={value} /> : DOTS}</span>
    </Row>
  );
}

function OneTimeCode({ label, seed }: { label: string; seed: string }) {
  const [now, setNow] = useState(Date.now());
  // Ticks at each full second, where codes change. An interval would tick from any moment on. The next tick is set as soon as the
  // last code is shown: an effect would wait for a frame, and each second would come a frame late.
  useLayoutEffect(() => {
    const timer = setTimeout(() => setNow(Date.now()), TICK_MS - (now % TICK_MS));
    return () => clearTimeout(timer);
  }, [now]);
  const made = totpCode(seed, now);
  if (!("code" in made)) return <Row label={label}>{made.errorMessage}</Row>;
  const left = totpSecondsLeft(seed, now) ?? 0;
  return (
    <Row
      label={label}
      buttons={
        <Copy
          label={label}
          text={() => {
            const fresh = totpCode(seed, Date.now());
            return "code" in fresh ? fresh.code : made.code;
          }}
        />
      }
    >
      <span class="secret code">{grouped(made.code)}</span>
      <span class="left" role="timer">
        {left} s
      </span>
    </Row>
  );
}

/** Splits a code into two halves, as people read it aloud. */
function grouped(code: string): string {
  const half = Math.ceil(code.length / 2);
  return code.length < 6 ? code : `${code.slice(0, half)} ${code.slice(half)}`;
}
