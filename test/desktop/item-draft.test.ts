// The draft behind the form of an item: what it leaves alone, and what it makes of two changes of the same item.
import { describe, expect, test } from "vitest";
import { contentOf, draftOf, newField } from "../../clients/desktop/items/form/draft.ts";
import {
  type Change,
  withField,
  withMoreFields,
  withNewSection,
  withoutField,
  withoutSection,
  withSectionTitle,
  withText,
} from "../../clients/desktop/items/form/draft-changes.ts";
import { merged } from "../../clients/desktop/items/form/draft-merge.ts";
import { newCategories } from "../../clients/desktop/items/form/usual-fields.ts";
import type { Item, ItemField } from "../../clients/typescript/generated.ts";
import { ItemCategory } from "../../protocol/item/item.ts";

const text = (id: string, value: string, sectionId?: string): ItemField => ({
  ...{ id, title: id, fieldType: "Text", value },
  ...(sectionId === undefined ? {} : { sectionId }),
});

const item: Item = {
  ...{ id: "i", vaultId: "v", title: "Mail", category: "Login", version: 3, notes: "", tags: ["a"], websites: [] },
  fields: [text("username", "ada"), text("one", "1", "s"), text("two", "2", "")],
  sections: [
    { id: "s", title: "Section" },
    { id: "", title: "" },
  ],
  ...{ files: [], createdAt: "2026-01-01T00:00:00.000Z", updatedAt: "2026-01-01T00:00:00.000Z" },
};

const { title, fields, sections, notes, tags, websites } = item;
const content = { title, fields, sections, notes, tags, websites };
const changed = (...changes: Change[]) => changes.reduce((draft, change) => change(draft), draftOf(item));
const withValue = (key: string, value: string) => withField(key, (field) => ({ ...field, value }));

describe("a draft", () => {
  test("that nobody touched is the item, with kinds of fields and members that the form does not know", () => {
    const strange = { ...text("x", "y", "s"), fieldType: "Unsupported", later: { a: 1 } } as ItemField;
    const lost = text("lost", "z", "no such section");
    const whole = { ...content, fields: [...fields, strange, lost] };
    expect(contentOf(draftOf(whole), item)).toEqual(whole);
  });

  test("gives new fields the ids that references need, and none that is taken", () => {
    const draft = changed(
      withoutField("username"),
      withMoreFields(
        newField("Text", "Username", ""),
        newField("Text", "notes", ""),
        newField("Text", "Schlüssel", ""),
      ),
      withNewSection("Section", "k"),
      withMoreFields(newField("Concealed", "one", "k"), newField("Text", "日本", "k")),
    );
    const made = contentOf(draft, item);
    expect(made.fields.slice(2).map(({ id, sectionId }) => [id, sectionId])).toEqual([
      ["username", undefined],
      ["notes-2", undefined],
      ["Schlussel", undefined],
      ["Section one", "Section-2"],
      [expect.stringMatching(/^Section/), "Section-2"],
    ]);
    expect(made.sections.map(({ id }) => id)).toEqual(["s", "", "Section-2"]);
  });

  test("keeps the fields of a section that is taken away", () => {
    expect(contentOf(changed(withoutSection("s")), item).fields[1]).toEqual(text("one", "1", ""));
  });

  test("offers every category of the catalogue but the one that nobody can make", () => {
    expect([...newCategories, "Unsupported"].sort()).toEqual([...ItemCategory.enum].sort());
  });
});

describe("two changes of one item", () => {
  const theirs = (change: Partial<typeof content>) => ({ ...content, ...change });
  const both = (mine: Change[], other: Partial<typeof content>) => {
    const made = merged(content, changed(...mine), theirs(other));
    return { ...contentOf(made.draft, item), both: made.both };
  };

  test("of different parts are both kept", () => {
    const made = both([withText("notes", "mine"), withValue("one", "mine")], {
      ...{
        title: "Theirs",
        tags: ["b"],
        fields: [text("username", "bob"), text("one", "1", "s"), text("new", "n", "")],
      },
    });
    expect(made).toMatchObject({ title: "Theirs", notes: "mine", tags: ["b"], both: [] });
    expect(made.fields.map(({ id, value }) => [id, value])).toEqual([
      ["username", "bob"],
      ["one", "mine"],
      ["new", "n"],
    ]);
  });

  test("of the same part keep the person's own, and name it", () => {
    const made = both([withText("title", "mine"), withValue("one", "mine")], {
      title: "Theirs",
      fields: [text("username", "ada"), text("one", "theirs", "s"), text("two", "2", "")],
    });
    expect([made.title, made.fields[1]?.value, made.both]).toEqual(["mine", "mine", ["one", "the title"]]);
  });

  test("of the name of one section keep the person's own, and name it", () => {
    const renamed = (name: string) => [
      { id: "s", title: name },
      { id: "", title: "" },
    ];
    const made = both([withSectionTitle("s", "mine")], { sections: renamed("Theirs") });
    expect([made.sections[0]?.title, made.both]).toEqual(["mine", ["mine"]]);
    const mineAlone = both([withSectionTitle("s", "mine")], {});
    expect([mineAlone.sections[0]?.title, mineAlone.both]).toEqual(["mine", []]);
    const theirsAlone = both([], { sections: renamed("Theirs") });
    expect([theirsAlone.sections[0]?.title, theirsAlone.both]).toEqual(["Theirs", []]);
    const alike = both([withSectionTitle("s", "same")], { sections: renamed("same") });
    expect([alike.sections[0]?.title, alike.both]).toEqual(["same", []]);
  });

  test("that are the same change name nothing", () => {
    const made = both([withText("title", "same")], { title: "same" });
    expect([made.title, made.both]).toEqual(["same", []]);
  });

  test("where one side removed a field that the other changed keep the own one, and name it", () => {
    const removedThere = both([withValue("one", "mine")], { fields: [text("username", "ada"), text("two", "2", "")] });
    expect([removedThere.fields.map(({ id }) => id), removedThere.both]).toEqual([["username", "two", "one"], ["one"]]);
    const removedHere = both([withoutField("one")], { fields: [text("username", "ada"), text("one", "new", "s")] });
    expect([removedHere.fields.map(({ id }) => id), removedHere.both]).toEqual([["username"], ["one"]]);
    const untouched = both([], { fields: [text("username", "ada")] });
    expect([untouched.fields.map(({ id }) => id), untouched.both]).toEqual([["username"], []]);
  });

  test("keep a section that one side removed as long as a field is in it", () => {
    const made = both([withMoreFields(newField("Text", "more", "s"))], {
      fields: [text("username", "ada")],
      sections: [{ id: "", title: "" }],
    });
    expect(made.sections.map(({ id }) => id)).toEqual(["", "s"]);
    expect(made.fields.at(-1)).toMatchObject({ title: "more", sectionId: "s" });
  });
});
