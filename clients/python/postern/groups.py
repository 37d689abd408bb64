"""``client.groups``."""

from __future__ import annotations

from typing import Optional

from ._call import Call
from ._model_fields import on_wire
from .types import Group, GroupGetParams


class Groups:
    """The groups of an account."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def get(
        self, group_id: str, group_params: GroupGetParams, *, timeout: Optional[float] = None
    ) -> Group:
        """Return a group, and on request what it may do in vaults."""
        sent = {"groupId": group_id, **on_wire(group_params)}
        return Group.from_wire(await self._call("groups.get", sent, timeout=timeout))
