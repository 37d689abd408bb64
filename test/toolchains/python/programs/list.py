"""Lists the vault VAULT through the official package. It prints how many different items there are, or the error's
text, and what the client says next."""

import asyncio
import json
import os
from typing import Union

from onepassword import DesktopAuth
from onepassword.client import Client


async def main() -> None:
    vault = os.environ["VAULT"]
    client = await Client.authenticate(
        auth=DesktopAuth(account_name="Ada"), integration_name="list", integration_version="1"
    )
    told: Union[int, str]
    try:
        told = len({one.id for one in await client.items.list(vault)})
    except Exception as error:
        told = str(error)
    print(json.dumps([told, (await client.vaults.get_overview(vault)).title], separators=(",", ":")))


asyncio.run(main())
