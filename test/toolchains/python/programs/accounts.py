"""Two accounts in one process, through the official package: a thread with a client for each. It prints the titles that
each account has, and what it reads. The threads run at once."""

import asyncio
import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from onepassword import DesktopAuth, ItemCategory, ItemCreateParams, VaultCreateParams, VaultListParams
from onepassword.client import Client


async def account(name: str) -> list[Any]:
    client = await Client.authenticate(
        auth=DesktopAuth(account_name=name), integration_name="accounts", integration_version="1"
    )
    read = {await client.secrets.resolve("op://Demo/KEY/password") for _ in range(20)}
    vault = await client.vaults.create(VaultCreateParams(title=f"made in {name}"))
    params = ItemCreateParams(title=f"item of {name}", category=ItemCategory.LOGIN, vault_id=vault.id)
    await client.items.create(params)
    vaults = await client.vaults.list(VaultListParams(decrypt_details=True))
    items = await client.items.list(vault.id)
    return [name, list(read), sorted(one.title for one in vaults), [one.title for one in items]]


with ThreadPoolExecutor() as threads:
    for told in threads.map(lambda name: asyncio.run(account(name)), os.environ["ACCOUNTS"].split()):
        print(json.dumps(told, separators=(",", ":")))
