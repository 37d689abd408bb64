"""Files of several sizes through the official package: with a new item, attached to one, and read. It prints a line
for each size: what became of the three. SIZES are in MiB. The vault Files has a document of each size."""

import asyncio
import json
import os
from typing import Any, Awaitable

from onepassword import DesktopAuth, FileCreateParams, ItemCategory, ItemCreateParams, VaultListParams
from onepassword.client import Client

MIB = 1024 * 1024
# Every byte, in the order of the other programs.
PATTERN = bytes(at * 167 & 255 for at in range(256))


async def outcome(work: Awaitable[Any]) -> Any:
    """What became of it: the answer's word, or the error's text."""
    try:
        return await work
    except Exception as error:
        return str(error)


async def main() -> None:
    client = await Client.authenticate(
        auth=DesktopAuth(account_name="Ada"), integration_name="files", integration_version="1"
    )
    items = client.items
    listed = await client.vaults.list(VaultListParams(decrypt_details=True))
    vault = next(one.id for one in listed if one.title == "Files")
    documents = {one.title: one.id for one in await items.list(vault)}

    def login(title: str, **more: Any) -> ItemCreateParams:
        return ItemCreateParams(title=title, category=ItemCategory.LOGIN, vault_id=vault, **more)

    for size in map(int, os.environ["SIZES"].split()):
        content = PATTERN * (size * MIB // 256)
        file = FileCreateParams(name="a.bin", content=content, section_id="", field_id="file")

        async def created() -> float:
            return (await items.create(login("with a file", files=[file]))).files[0].attributes.size / MIB

        async def attached() -> float:
            return (await items.files.attach(await items.create(login("empty")), file)).files[0].attributes.size / MIB

        async def read() -> bool:
            item = await items.get(vault, documents[f"{size} MiB"])
            return await items.files.read(vault, item.id, item.document) == content

        words = [await outcome(work) for work in (created(), attached(), read())]
        print(json.dumps([size, *words], separators=(",", ":")), flush=True)


asyncio.run(main())
