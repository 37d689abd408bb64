// A new item. The person chooses the vault and the category first. The form then has the usual fields of that category.
import { useEffect, useState } from "preact/hooks";
import type { Methods, VaultOverview } from "../../../typescript/generated.ts";
import type { Channel } from "../../channel.ts";
import { shown } from "../../prompt.ts";
import { categoryText } from "../shelf.ts";
import { type ChosenFile, DocumentPart } from "./document-part.tsx";
import { contentOf, type Draft, filledOnly } from "./draft.ts";
import { ItemForm } from "./item-form.tsx";
import { Select } from "./select.tsx";
import { type NewCategory, newCategories, usualDraft } from "./usual-fields.ts";

type NewPageProps = {
  readonly channel: Channel;
  readonly vaults: readonly VaultOverview[];
  readonly onSaved: () => void;
  readonly onDirty: (isDirty: boolean) => void;
};

type Place = { readonly vaultId: string; readonly category: NewCategory };

export function NewPage(props: NewPageProps) {
  const { vaults } = props;
  const [place, setPlace] = useState<Place>({ vaultId: vaults[0]?.id ?? "", category: "Login" });
  const [isChosen, setChosen] = useState(false);
  if (isChosen) return <Making {...props} place={place} />;
  const choose = (event: Event) => {
    event.preventDefault();
    setChosen(true);
  };
  if (vaults.length === 0)
    return (
      <>
        <h1>New item</h1>
        <p>
          There is no vault to put it in. Make one in a terminal first: <code>postern vault create</code>.
        </p>
      </>
    );
  return (
    <form class="item-form" onSubmit={choose}>
      <h1>New item</h1>
      <div class="filter">
        <Select
          label="Vault"
          value={place.vaultId}
          options={vaults.map(({ id, title }) => [id, shown(title, 60)] as const)}
          onChosen={(vaultId) => setPlace({ ...place, vaultId })}
        />
        <Select
          label="Category"
          value={place.category}
          options={newCategories.map((category) => [category, categoryText(category)] as const)}
          onChosen={(category) => setPlace({ ...place, category })}
        />
      </div>
      <button type="submit" class="main">
        Go on
      </button>
    </form>
  );
}

type Params = Methods["items.create"]["params"]["item"];

function Making({ channel, vaults, onSaved, onDirty, place }: NewPageProps & { readonly place: Place }) {
  const { vaultId, category } = place;
  const [begun] = useState(() => usualDraft(category));
  const [draft, setDraft] = useState(begun);
  const [file, setFile] = useState<ChosenFile>();
  const isDirty = draft !== begun || file !== undefined;
  useEffect(() => onDirty(isDirty), [isDirty]);
  const create = async (whole: Draft) => {
    const made: Params = { ...contentOf(whole, { category, files: [] }), category, vaultId };
    const item = file === undefined ? made : { ...made, document: file };
    const { id } = await channel.call("items.create", { item });
    onDirty(false);
    onSaved();
    return `#/items/${vaultId}/${id}`;
  };
  return (
    <ItemForm
      channel={channel}
      title={`New ${categoryText(category)}`}
      category={category}
      draft={draft}
      isDirty={isDirty}
      onChange={setDraft}
      sent={filledOnly}
      moreFaults={() =>
        category === "Document" && file === undefined ? [["file", "Choose the file of the document."]] : []
      }
      save={create}
      back="#/items"
      above={
        <p class="said">
          In <bdi>{shown(vaults.find(({ id }) => id === vaultId)?.title ?? "", 60)}</bdi>. A field that stays empty is
          left out.
        </p>
      }
      below={(faults) =>
        category === "Document" && <DocumentPart file={file} fault={faults.get("file")} onChosen={setFile} />
      }
    />
  );
}
