"""Every operation of the official package, unchanged, through the bridge. It prints a line for each subject, and at
the end the operations that it did not call. GROUP and ENVIRONMENT are ids of the account."""

import asyncio
import inspect
import json
import os
from typing import Any, Callable, Coroutine

from onepassword import (
    READ_ITEMS,
    REVEAL_ITEM_PASSWORD,
    AutofillBehavior,
    DesktopAuth,
    DocumentCreateParams,
    FileCreateParams,
    GroupAccess,
    GroupGetParams,
    GroupVaultAccess,
    Item,
    ItemCategory,
    ItemCreateParams,
    ItemField,
    ItemFieldType,
    ItemListFilterByState,
    ItemListFilterByStateInner,
    ItemSection,
    ItemShareDuration,
    ItemShareParams,
    VaultCreateParams,
    VaultGetParams,
    VaultListParams,
    VaultUpdateParams,
    Website,
)
from onepassword.client import Client

called: set[str] = set()


class Noted:
    """The same object, which notes the methods that are called."""

    def __init__(self, api: Any, name: str) -> None:
        self._api, self._name = api, name

    def __getattr__(self, key: str) -> Any:
        value = getattr(self._api, key)
        if inspect.iscoroutinefunction(value):
            called.add(f"{self._name}.{key}")
            return value
        return Noted(value, f"{self._name}.{key}")


def methods_of(api: Any, name: str) -> list[str]:
    names = [key for key, _ in inspect.getmembers(api, inspect.iscoroutinefunction)]
    return [f"{name}.{key}" for key in names]


def tell(*words: Any) -> None:
    print(" ".join(json.dumps(word, ensure_ascii=False, separators=(",", ":")) for word in words))


async def failed(work: Callable[[], Coroutine[Any, Any, Any]]) -> str:
    try:
        await work()
    except Exception as error:
        return str(error)
    return "done"


FIELDS = [
    ItemField(id=f"f{index}", title=kind.value, field_type=kind, value=value, section_id="more")
    for index, (kind, value) in enumerate(
        [
            (ItemFieldType.TEXT, "ada"),
            (ItemFieldType.CONCEALED, "é\n漢"),
            (ItemFieldType.URL, "https://x.example"),
            (ItemFieldType.TOTP, "JBSWY3DPEHPK3PXP"),
            (ItemFieldType.EMAIL, "ada@x.example"),
            (ItemFieldType.PHONE, "+49 30 1234"),
            (ItemFieldType.CREDITCARDTYPE, "Visa"),
            (ItemFieldType.CREDITCARDNUMBER, "4111111111111111"),
            (ItemFieldType.MONTHYEAR, "11/2026"),
            (ItemFieldType.DATE, "2026-11-29"),
        ]
    )
]


def values(fields: list[ItemField]) -> list[tuple[str, str, str]]:
    return [(one.title, one.value, one.field_type.value) for one in fields if one.section_id == "more"]


async def is_same(items: Any, vault: str, category: ItemCategory) -> bool:
    """Whether an item of the category is read as it was made, and is taken back as it was read."""
    fields = [] if category is ItemCategory.SSHKEY else FIELDS
    website = Website(url="https://x.example", label="website", autofill_behavior=AutofillBehavior.NEVER)
    has_websites = category in (ItemCategory.LOGIN, ItemCategory.PASSWORD)
    made: Item = await items.create(
        ItemCreateParams(
            title=category.value,
            category=category,
            vault_id=vault,
            fields=fields,
            sections=[ItemSection(id="more", title="More")],
            tags=["every"],
            notes="a note",
            websites=[website] if has_websites else None,
        )
    )
    read: Item = await items.get(vault, made.id)
    put: Item = await items.put(read)
    return (
        values(read.fields) == values(fields)
        and (read.category, read.notes, read.tags) == (category, "a note", ["every"])
        and put.version == read.version + 1
    )


async def files(items: Any, vault: str) -> None:
    content = bytes([7]) * 100_000
    document = await items.create(
        ItemCreateParams(
            title="Paper",
            category=ItemCategory.DOCUMENT,
            vault_id=vault,
            document=DocumentCreateParams(name="a.bin", content=content),
        )
    )
    other = await items.files.replace_document(
        document, DocumentCreateParams(name="b.bin", content=content[1:])
    )
    tell(other.document.name, len(await items.files.read(vault, other.id, other.document)))
    params = FileCreateParams(name="c.bin", content=content, section_id="s", field_id="c")
    attached = await items.files.attach(other, params)
    tell(len(attached.files), len((await items.files.delete(attached, "s", "c")).files))


async def batches(items: Any, vault: str) -> Item:
    many = [
        ItemCreateParams(title=f"Many {n}", category=ItemCategory.PASSWORD, vault_id=vault) for n in range(100)
    ]
    made = await items.create_all(vault, many)
    ids = [one.content.id for one in made.individual_responses]
    tell(len(ids), len((await items.get_all(vault, ids[:50])).individual_responses))
    await items.archive(vault, ids[0])
    archived = ItemListFilterByState(content=ItemListFilterByStateInner(active=False, archived=True))
    tell([(one.title, one.state.value) for one in await items.list(vault, archived)])
    await items.delete(vault, ids[1])
    gone = await items.delete_all(vault, [*ids[2:51], ids[1]])
    tell([one.error.type.value for one in gone.individual_responses.values() if one.error])
    tell(len(await items.list(vault)))
    item: Item = await items.get(vault, ids[60])
    return item


async def shares(items: Any, item: Item) -> None:
    policy = await items.shares.get_account_policy(item.vault_id, item.id)
    recipients = await items.shares.validate_recipients(policy, ["ada@x.example", "x.example"])
    tell(policy.max_expiry.value, [one.type for one in recipients])
    params = ItemShareParams(expire_after=ItemShareDuration.ONEDAY, one_time_only=True)
    # The embedded service has no address that others could open.
    tell(await failed(lambda: items.shares.create(item, policy, params)))


async def permissions(vaults: Any, groups: Any, vault: str) -> None:
    group = os.environ["GROUP"]
    bits = READ_ITEMS | REVEAL_ITEM_PASSWORD
    whole = GroupGetParams(vault_permissions=True)
    tell((await groups.get(group, whole)).id == group)
    await vaults.revoke_group_permissions(vault, group)
    await vaults.grant_group_permissions(vault, [GroupAccess(group_id=group, permissions=READ_ITEMS)])
    await vaults.update_group_permissions([GroupVaultAccess(vault_id=vault, group_id=group, permissions=bits)])
    access = (await groups.get(group, whole)).vault_access
    tell([one.permissions == bits for one in access if one.vault_uuid == vault] == [True])
    await vaults.revoke_group_permissions(vault, group)


async def main() -> None:
    client = await Client.authenticate(
        auth=DesktopAuth(account_name="Ada"), integration_name="every", integration_version="1"
    )
    # Version 0.4.0 has no environments.
    names = [name for name in ("secrets", "items", "vaults", "groups", "environments") if hasattr(client, name)]
    secrets, items, vaults, groups, *environments = [Noted(getattr(client, name), name) for name in names]
    reference = os.environ["REFERENCE"]
    tell(len(await secrets.resolve(reference)))
    tell(len((await secrets.resolve_all([reference])).individual_responses))

    vault = (await vaults.create(VaultCreateParams(title="Every", description="one of each"))).id
    tell(vault in [one.id for one in await vaults.list(VaultListParams(decrypt_details=True))])
    opened = await vaults.get(vault, VaultGetParams(accessors=True))
    tell((await vaults.get_overview(vault)).title, len(opened.access) > 0)
    tell((await vaults.update(vault, VaultUpdateParams(title="Every one"))).title)

    others = (ItemCategory.UNSUPPORTED, ItemCategory.DOCUMENT)
    categories = [one for one in ItemCategory if one not in others]
    same = [await is_same(items, vault, category) for category in categories]
    tell(all(same), len(same))
    await files(items, vault)
    await shares(items, await batches(items, vault))
    await permissions(vaults, groups, vault)

    for one in environments:
        variables = (await one.get_variables(os.environ["ENVIRONMENT"])).variables
        tell([(one.name, one.value) for one in variables])
    await vaults.delete(vault)
    tell(await failed(lambda: vaults.get_overview(vault)))
    apis = {name: getattr(client, name) for name in names}
    apis |= {"items.shares": client.items.shares, "items.files": client.items.files}
    everything = [method for name, api in apis.items() for method in methods_of(api, name)]
    tell("not called", [name for name in everything if name not in called], len(everything))


if __name__ == "__main__":
    asyncio.run(main())
