"""``client.items.shares``: links to copies of items."""

from __future__ import annotations

from typing import List, Optional

from ._call import Call
from ._model_fields import on_wire
from .types import (
    Item,
    ItemShareAccountPolicy,
    ItemShareParams,
    ValidRecipient,
    ValidRecipientDomain,
    ValidRecipientEmail,
)


class ItemsShares:
    """Links that open a copy of an item."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def get_account_policy(
        self, vault_id: str, item_id: str, *, timeout: Optional[float] = None
    ) -> ItemShareAccountPolicy:
        """Return the policy for sharing an item."""
        params = {"vaultId": vault_id, "itemId": item_id}
        answer = await self._call("items.shares.getAccountPolicy", params, timeout=timeout)
        return ItemShareAccountPolicy.from_wire(answer)

    async def validate_recipients(
        self,
        policy: ItemShareAccountPolicy,
        recipients: List[str],
        *,
        timeout: Optional[float] = None,
    ) -> List[ValidRecipient]:
        """Read recipients. The service sends no mail yet, so each is refused with that reason."""
        params = {"policy": on_wire(policy), "recipients": list(recipients)}
        answer = await self._call("items.shares.validateRecipients", params, timeout=timeout)
        return [
            ValidRecipientEmail.from_wire(one)
            if one["type"] == "Email"
            else ValidRecipientDomain.from_wire(one)
            for one in answer["recipients"]
        ]

    async def create(
        self,
        item: Item,
        policy: ItemShareAccountPolicy,
        params: ItemShareParams,
        *,
        timeout: Optional[float] = None,
    ) -> str:
        """Make a link to a copy of the item. Everyone with the link can open it."""
        sent = {
            "vaultId": item.vault_id,
            "itemId": item.id,
            "version": item.version,
            "policy": on_wire(policy),
            "params": on_wire(params),
        }
        return str((await self._call("items.shares.create", sent, timeout=timeout))["url"])
