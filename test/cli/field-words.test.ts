// Names of fields on a command line: their parsing, the fields that they mean, and the ids of new fields.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Item, matching, partsOf, referenceEnd } from "../../clients/cli/items/field-match.ts";
import {
  atEquals,
  type FieldWord,
  parseFieldName,
  parseFieldWord,
  saysSecret,
} from "../../clients/cli/items/field-words.ts";
import type { Given } from "../../clients/cli/items/given-fields.ts";
import { LEGAL, partId } from "../../clients/cli/items/part-id.ts";
import { emptyHolder, type Holder, withFields } from "../../clients/cli/items/put-fields.ts";
import { newItem } from "../../protocol/item/item-validation.ts";
import { matchField } from "../../protocol/secret/match.ts";
import { parseReference } from "../../protocol/secret/reference.ts";

describe("a name", () => {
  test.each<[string, FieldWord]>([
    ["password", { title: "password" }],
    ["Admin/password", { section: "Admin", title: "password" }],
    ["/password", { section: "", title: "password" }],
    ["valid until[date]", { title: "valid until", type: "Date" }],
    ["a/b[Month-Year]", { section: "a", title: "b", type: "MonthYear" }],
    ["code[otp]", { title: "code", type: "Totp" }],
    ["code[one-time-password]", { title: "code", type: "Totp" }],
    [String.raw`a\/b\[c\]\=d\\e`, { title: String.raw`a/b[c]=d\e` }],
    [String.raw`odd\name`, { title: String.raw`odd\name` }],
    ["a[0]b", { title: "a[0]b" }],
    ["API key (live)", { title: "API key (live)" }],
  ])("%s is read", (text, word) => expect(parseFieldWord(text, "--field")).toEqual(word));

  test.each([
    ["a/b/c", "more than one slash"],
    ["", "has no title"],
    ["a/", "has no title"],
    ["[text]", "has no title"],
    ["hunter2[hunter2]", "hold no kind of field"],
    ["a[]", "hold no kind of field"],
    ["a[unsupported]", "hold no kind of field"],
    ["a[constructor]", "hold no kind of field"],
  ])("%s is refused, and not repeated", (text, message) => {
    const read = () => parseFieldWord(text, "--field");
    expect(read).toThrow(message);
    expect(read).not.toThrow("hunter2");
  });

  test("of an existing field takes no kind", () => {
    expect(() => parseFieldName("a[text]", "--remove-field")).toThrow("--remove-field takes a name without a kind");
  });

  test("ends at the first equals sign outside of it", () => {
    expect(atEquals("a=b=c")).toEqual({ name: "a", value: "b=c" });
    expect(atEquals(String.raw`a\=b=c`)).toEqual({ name: String.raw`a\=b`, value: "c" });
    expect(atEquals("a")).toEqual({ name: "a", value: undefined });
  });

  test("is read back from its letters with backslashes before special characters", () => {
    const escaped = (text: string) => text.replaceAll(/[/[\]=\\]/g, String.raw`\$&`);
    const part = fc.string({ minLength: 1, unit: fc.constantFrom(..."/[]=\\ab é") });
    fc.assert(
      fc.property(part, part, (section, title) => {
        const { name, value } = atEquals(`${escaped(section)}/${escaped(title)}=x=y`);
        expect([parseFieldWord(name, "--field"), value]).toEqual([{ section, title }, "x=y"]);
      }),
    );
  });
});

describe("a name says a secret", () => {
  test.each([
    "password",
    "Password2",
    "user_password",
    "apiKey",
    "API_KEY",
    "APIKey",
    "api-key",
    "access token",
    "TOKENS",
    "PIN",
    "db.pass",
    "client secret",
    "CVV",
  ])("as %s does", (title) => expect(saysSecret(title)).toBe(true));
  test.each([
    "keyboard",
    "KEYCLOAK_URL",
    "TOKENIZERS_PARALLELISM",
    "monkey",
    "compass",
    "passport",
    "spinner",
    "secretary",
    "username",
    "PINCH",
    "bypass",
    "",
  ])("as %s does not", (title) => expect(saysSecret(title)).toBe(false));
});

describe("an id that is made", () => {
  test.each([
    ["password", [], "password"],
    ["Schlüssel", [], "Schlussel"],
    ["API key (live)", [], "API key live"],
    ["password", ["Password"], "password-2"],
    ["password", ["password", "PASSWORD-2"], "password-3"],
    ["Schlüssel", ["schlussel"], "Schlussel-2"],
  ] as const)("for %s beside %j is %s", (name, taken, id) => expect(partId(name, taken)).toBe(id));

  test("is valid in an item and new, for every name", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 300, unit: "grapheme" }),
        fc.array(fc.string()),
        (name, taken) => {
          const id = partId(name, taken);
          expect(id).toMatch(LEGAL);
          expect(id.length).toBeLessThanOrEqual(128 - "TOTP_".length);
          expect(taken.map((one) => one.normalize("NFC").toLowerCase())).not.toContain(
            id.normalize("NFC").toLowerCase(),
          );
        },
      ),
    );
  });
});

const given = (word: FieldWord, value: string, open = false): Given => ({
  ...word,
  value,
  open,
  option: open ? "--field" : "--secret-file",
});
const concealed = (id: string, title: string, sectionId: string) =>
  ({ id, title, sectionId, fieldType: "Concealed", value: `old ${id}` }) as const;
const three: Holder = {
  ...emptyHolder("Database"),
  sections: ["one", "two", "three"].map((id) => ({ id, title: id.toUpperCase() })),
  fields: [
    concealed("p1", "password", "one"),
    concealed("p2", "password", "two"),
    concealed("p3", "Password", "three"),
  ],
};

describe("a field that is named", () => {
  test("by a name in three sections is refused with all three, and its section chooses one", async () => {
    const ambiguous = expect.objectContaining({
      errorName: "tooManyMatchingFields",
      hint: "say which: one/p1 (ONE/password), two/p2 (TWO/password), three/p3 (THREE/Password)",
    });
    await expect(withFields(three, [given({ title: "password" }, "new")])).rejects.toEqual(ambiguous);
    await expect(withFields(three, [], [{ title: "PASSWORD" }])).rejects.toEqual(ambiguous);
    const changed = await withFields(three, [given({ section: "two", title: "password" }, "new")]);
    expect(changed.fields.map(({ value }) => value)).toEqual(["old p1", "new", "old p3"]);
    const left = await withFields(three, [], [{ section: "THREE", title: "p3" }]);
    expect(left.fields.map(({ id }) => id)).toEqual(["p1", "p2"]);
  });

  test("by one field's id and another's title is refused, though a reference takes the id", async () => {
    const fields = [concealed("password", "password", "one"), concealed("p2", "password", "two")];
    const change = withFields({ ...three, fields }, [given({ title: "password" }, "new")]);
    await expect(change).rejects.toMatchObject({ errorName: "tooManyMatchingFields" });
    for (const [section, at] of [
      ["one", 0],
      ["two", 1],
    ] as const) {
      const changed = await withFields({ ...three, fields }, [given({ section, title: "password" }, "new")]);
      expect(changed.fields[at]?.value).toBe("new");
    }
  });

  test("without a section is the one outside of all sections, as in a reference", async () => {
    const four = { ...three, fields: [...three.fields, concealed("p0", "password", "")] };
    const { fields } = await withFields(four, [given({ title: "password" }, "new")]);
    expect(fields.map(({ value }) => value)).toEqual(["old p1", "old p2", "old p3", "new"]);
  });

  test("twice is refused, whether it exists or is new", async () => {
    const one = { section: "one", title: "password" };
    const twice = [given(one, "a"), given({ title: "p1" }, "b")];
    await expect(withFields(three, twice)).rejects.toThrow("named twice");
    await expect(withFields(three, [given(one, "a")], [one])).rejects.toThrow("named twice");
    const fresh = [given({ title: "Caf\u00e9" }, "a"), given({ title: "cafe\u0301" }, "b")];
    await expect(withFields(three, fresh)).rejects.toThrow("named twice");
  });

  test("as plain but sounds secret is refused, unless its kind is given", async () => {
    const at = { section: "one", title: "p1" };
    await expect(withFields(three, [given(at, "x", true)])).rejects.toThrow("the field one/p1 is a secret");
    const { fields } = await withFields(three, [given({ ...at, type: "Text" }, "x", true)]);
    expect(fields[0]).toMatchObject({ fieldType: "Text", value: "x" });
  });

  test("that is new in a section leaves references to the others unchanged", async () => {
    const before: Holder = {
      ...emptyHolder("Login"),
      fields: [concealed("x1", "api", "")],
      sections: [{ id: "", title: "" }],
    };
    const { fields, sections } = await withFields(before, [given({ section: "Admin", title: "API" }, "new")]);
    expect(sections.at(-1)).toEqual({ id: "Admin", title: "Admin" });
    const details = { fields, sections, notes: "", files: [] };
    const read = (end: string) => matchField(details, parseReference(`op://v/i/${end}`)).value;
    expect([read("api"), read("Admin/api")]).toEqual(["old x1", "new"]);
  });

  test("with a secret's name is stored as a secret, and a login's built-in field as such", async () => {
    const { fields } = await withFields(emptyHolder("Login"), [
      given({ title: "Username" }, "ada", true),
      given({ title: "Password" }, "s3cret"),
    ]);
    expect(fields).toEqual([
      { id: "username", title: "Username", fieldType: "Text", value: "ada" },
      { id: "password", title: "Password", fieldType: "Concealed", value: "s3cret" },
    ]);
  });

  test.each([
    ['{"street":"1 Main St","city":"Springfield"}', { street: "1 Main St", city: "Springfield" }],
    ["1 Main St, Springfield", { street: "1 Main St, Springfield" }],
  ])("of an address %s is one", async (value, content) => {
    const { fields } = await withFields(emptyHolder("Identity"), [
      given({ title: "home", type: "Address" }, value, true),
    ]);
    expect(fields[0]?.details?.content).toMatchObject(content);
  });

  test.each(['{"street":1}', '{"planet":"Earth"}', "{", '{"street"', " {]"])(
    "of an address %s is refused",
    async (value) => {
      const address = given({ title: "home", type: "Address" }, value, true);
      await expect(withFields(emptyHolder("Identity"), [address])).rejects.toThrow("is not written as one");
    },
  );
});

describe("of any item", () => {
  const NAMES = ["api", "API", "k", "\u212a", "caf\u00e9", "cafe\u0301", "notes", "notesPlain", "two words", ""];
  const IDS = NAMES.filter((name) => LEGAL.test(name));
  const item = fc
    .uniqueArray(fc.constantFrom("", ...IDS), { maxLength: 4 })
    .chain((sectionIds) =>
      fc.record({
        sections: fc.tuple(
          ...sectionIds.map((id) => fc.record({ id: fc.constant(id), title: fc.constantFrom(...NAMES) })),
        ),
        fields: fc.uniqueArray(
          fc.record({
            id: fc.constantFrom(...IDS),
            title: fc.constantFrom(...NAMES),
            sectionId: fc.constantFrom("", ...sectionIds),
            fieldType: fc.constant("Text" as const),
            value: fc.constant("v"),
          }),
          { selector: ({ id }) => id, maxLength: 6 },
        ),
        notes: fc.constantFrom("", "n"),
      }),
    )
    .map((parts) => ({ ...emptyHolder("Login"), ...parts }) as unknown as Item);

  test("a name means the same as a reference with it, and is ambiguous when the reference is", () => {
    const name = fc.constantFrom(...NAMES.filter((one) => LEGAL.test(one)));
    fc.assert(
      fc.property(item, fc.option(name, { nil: undefined }), name, (one, section, title) => {
        const text = `op://v/i/${section === undefined ? "" : `${section}/`}${title}`;
        let expected: string;
        try {
          expected = matchField(one, parseReference(text)).id;
        } catch (error) {
          expected = (error as Error).name;
        }
        const found = matching(one.sections, partsOf(one), { ...(section === undefined ? {} : { section }), title });
        const [part] = found;
        if (part === undefined) expect(["fieldNotFound", "noMatchingSections"]).toContain(expected);
        else if (found.length > 1) expect(expected).toBe("tooManyMatchingFields");
        else expect(expected).toBe(part.kind === "notes" ? "notes:" : `${part.sectionId}/${part.names.ids[0]}`);
      }),
      { numRuns: 500 },
    );
  });

  test("a shown reference leads to the field beside it", () => {
    let shown = 0;
    fc.assert(
      fc.property(item, (one) => {
        for (const part of partsOf(one)) {
          const end = referenceEnd(one, part);
          if (end === undefined || part.kind !== "field") continue;
          shown++;
          expect(matchField(one, parseReference(`op://v/i/${end}`)).id).toBe(`${part.sectionId}/${part.field.id}`);
        }
      }),
      { numRuns: 500 },
    );
    expect(shown).toBeGreaterThan(500);
  });

  test("a stored value is found again in its place, and the agent accepts it", async () => {
    const title = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }).filter((one) => one.trim() !== "");
    const word = fc.record({ section: title, title });
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 6 }), async (words) => {
        const key = ({ section = "", title: its }: FieldWord) =>
          [section, its].map((one) => one.normalize("NFC").toLowerCase()).join("\0");
        const once = words.filter((one, index) => words.findIndex((other) => key(other) === key(one)) === index);
        const parts = await withFields(
          emptyHolder("Database"),
          once.map((one, index) => given(one, `value ${index}`)),
        );
        const made = newItem({ title: "T", category: "Database", vaultId: "v", ...parts });
        expect(made.fields.map(({ value }) => value)).toEqual(once.map((_one, index) => `value ${index}`));
      }),
    );
  });
});
