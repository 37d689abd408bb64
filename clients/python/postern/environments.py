"""``client.environments``."""

from __future__ import annotations

from typing import Optional

from ._call import Call
from .types import GetVariablesResponse


class Environments:
    """Named sets of variables."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def get_variables(
        self, environment_id: str, *, timeout: Optional[float] = None
    ) -> GetVariablesResponse:
        """Return the variables of an environment."""
        params = {"environmentId": environment_id}
        answer = await self._call("environments.getVariables", params, timeout=timeout)
        return GetVariablesResponse.from_wire(answer)
