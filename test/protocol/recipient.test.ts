// Recipients as people type them. Text with one @ is an address, other text is a domain, and everything else is
// refused.
import fc from "fast-check";
import { expect, test } from "vitest";
import { recipientOf } from "../../protocol/item/recipient.ts";

test.each([
  ["ada@example.com", { type: "Email", parameters: { email: "ada@example.com" } }],
  ["  ada.l+x@mail.example.co.uk ", { type: "Email", parameters: { email: "ada.l+x@mail.example.co.uk" } }],
  ["añ@example.com", { type: "Email", parameters: { email: "añ@example.com" } }],
  ["agilebits.com", { type: "Domain", parameters: { domain: "agilebits.com" } }],
  ["xn--bcher-kva.example", { type: "Domain", parameters: { domain: "xn--bcher-kva.example" } }],
])("%s is read", (text, expected) => expect(recipientOf(text)).toEqual(expected));

test.each([
  "",
  " ",
  "@",
  "ada@",
  "@example.com",
  "a@b@example.com",
  "ada@example",
  "example",
  "ada @example.com",
  ".ada@example.com",
  "a..b@example.com",
  "ada@-example.com",
  "ada@example-.com",
  "ada@example..com",
  "ada@example.com\nbcc: eve@example.com",
  "<ada@example.com>",
  `${"a".repeat(65)}@example.com`,
  `ada@${"a".repeat(64)}.com`,
  `${"a.".repeat(126)}aa`,
])("%j is refused", (text) => {
  expect(() => recipientOf(text)).toThrow(expect.objectContaining({ name: "invalidRecipient" }));
});

test.each([`${"a".repeat(64)}@example.com`, `ada@${"a".repeat(63)}.com`, `${"a.".repeat(126)}a`])(
  "%s is at a limit, and read",
  (text) => expect(() => recipientOf(text)).not.toThrow(),
);

test("whatever is typed is read or refused by name, without white space or a second @", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        const { type, parameters } = recipientOf(text);
        const read = "email" in parameters ? parameters.email : parameters.domain;
        expect(read).not.toMatch(/\s/);
        expect(read.split("@")).toHaveLength(type === "Email" ? 2 : 1);
      } catch (error) {
        expect(error).toMatchObject({ name: "invalidRecipient" });
      }
    }),
  );
});
