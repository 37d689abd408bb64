"""A program for the official package, as one writes it after its README. With ours it changes the name in
the import lines, and nothing else."""

import asyncio
import os

from onepassword import (
    READ_ITEMS,
    REVEAL_ITEM_PASSWORD,
    AutofillBehavior,
    DesktopAuth,
    DesktopSessionExpiredException,
    FileCreateParams,
    Item,
    ItemCategory,
    ItemCreateParams,
    ItemField,
    ItemFieldDetailsOtp,
    ItemFieldType,
    ItemListFilterByState,
    ItemListFilterByStateInner,
    ItemSection,
    ItemState,
    PasswordRecipeMemorable,
    PasswordRecipeMemorableInner,
    RateLimitExceededException,
    Secrets,
    SeparatorType,
    VaultCreateParams,
    VaultListParams,
    Website,
    WordListType,
)
from onepassword.client import Client


def login(vault_id: str) -> ItemCreateParams:
    return ItemCreateParams(
        title="Shop",
        category=ItemCategory.LOGIN,
        vault_id=vault_id,
        fields=[
            ItemField(id="username", title="username", field_type=ItemFieldType.TEXT, value="ada"),
            ItemField(
                id="code",
                title="code",
                section_id="more",
                field_type=ItemFieldType.TOTP,
                value="GEZDGNBVGY3TQOJQ",
            ),
        ],
        sections=[ItemSection(id="more", title="More")],
        tags=["shop"],
        websites=[
            Website(
                url="https://x.example",
                label="website",
                autofill_behavior=AutofillBehavior.NEVER,
            )
        ],
    )


async def main() -> None:
    client = await Client.authenticate(
        auth=DesktopAuth(account_name="Ada"),
        integration_name="shop",
        integration_version="1.0.0",
    )
    reference = os.environ["REFERENCE"]
    print(await client.secrets.resolve(reference))
    found = await client.secrets.resolve_all([reference, "op://Demo/NOTHING/password"])
    for response in found.individual_responses.values():
        if response.content is not None:
            print(len(response.content.secret))
        if response.error is not None:
            print(response.error.type.value)

    vaults = await client.vaults.list(VaultListParams(decrypt_details=True))
    print(sorted(vault.title for vault in vaults))
    vault = await client.vaults.create(VaultCreateParams(title="Made"))
    item: Item = await client.items.create(login(vault.id))
    code = next(field for field in item.fields if field.field_type is ItemFieldType.TOTP)
    if isinstance(code.details, ItemFieldDetailsOtp):
        print(len(code.details.content.code or ""))

    item.title = "Shop, renamed"
    item.fields[0].value = "grace"
    item = await client.items.put(item)
    print(item.version, item.title, item.created_at <= item.updated_at)
    content = bytes(range(256)) * 6000
    params = FileCreateParams(name="a.bin", content=content, section_id="more", field_id="file")
    item = await client.items.files.attach(item, params)
    read = await client.items.files.read(vault.id, item.id, item.files[0].attributes)
    print(read == content)

    overviews = await client.items.list(
        vault.id,
        ItemListFilterByState(content=ItemListFilterByStateInner(active=True, archived=False)),
    )
    print([(one.title, one.state is ItemState.ACTIVE) for one in overviews])
    dumped = item.model_dump(by_alias=True)
    print(dumped["vaultId"] == vault.id, Item.model_validate(dumped) == item)
    made = await client.items.create_all(vault.id, [login(vault.id), login(vault.id)])
    ids = [one.content.id for one in made.individual_responses if one.content is not None]
    gone = await client.items.delete_all(vault.id, [*ids, "a" * 26])
    print(
        [one.error.type.value if one.error else None for one in gone.individual_responses.values()]
    )

    try:
        await client.items.get(vault.id, "a" * 26)
    except (DesktopSessionExpiredException, RateLimitExceededException):
        raise
    except Exception as error:
        print(error)
    recipe = PasswordRecipeMemorable(
        parameters=PasswordRecipeMemorableInner(
            separator_type=SeparatorType.HYPHENS,
            capitalize=False,
            word_list_type=WordListType.FULLWORDS,
            word_count=4,
        )
    )
    print(Secrets.generate_password(recipe).password.count("-"), READ_ITEMS | REVEAL_ITEM_PASSWORD)
    try:
        Secrets.validate_secret_reference("op://a")
    except Exception as error:
        print(error)


if __name__ == "__main__":
    asyncio.run(main())
