"""``client.vaults``."""

from __future__ import annotations

from typing import List, Optional

from ._call import Call
from ._model_fields import on_wire
from .types import (
    GroupAccess,
    GroupVaultAccess,
    Vault,
    VaultCreateParams,
    VaultGetParams,
    VaultListParams,
    VaultOverview,
    VaultUpdateParams,
)


class Vaults:
    """The vaults of an account."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def create(self, params: VaultCreateParams, *, timeout: Optional[float] = None) -> Vault:
        """Create a vault."""
        return Vault.from_wire(await self._call("vaults.create", on_wire(params), timeout=timeout))

    async def list(
        self, params: Optional[VaultListParams] = None, *, timeout: Optional[float] = None
    ) -> List[VaultOverview]:
        """Return every vault."""
        sent = {} if params is None else on_wire(params)
        answer = await self._call("vaults.list", sent, timeout=timeout)
        return [VaultOverview.from_wire(vault) for vault in answer["vaults"]]

    async def get_overview(
        self, vault_id: str, *, timeout: Optional[float] = None
    ) -> VaultOverview:
        """Return a vault with its times."""
        answer = await self._call("vaults.getOverview", {"vaultId": vault_id}, timeout=timeout)
        return VaultOverview.from_wire(answer)

    async def get(
        self, vault_id: str, vault_params: VaultGetParams, *, timeout: Optional[float] = None
    ) -> Vault:
        """Return a vault, and on request who may do what in it."""
        sent = {"vaultId": vault_id, **on_wire(vault_params)}
        return Vault.from_wire(await self._call("vaults.get", sent, timeout=timeout))

    async def update(
        self, vault_id: str, params: VaultUpdateParams, *, timeout: Optional[float] = None
    ) -> Vault:
        """Change the title or the description of a vault."""
        sent = {"vaultId": vault_id, **on_wire(params)}
        return Vault.from_wire(await self._call("vaults.update", sent, timeout=timeout))

    async def delete(self, vault_id: str, *, timeout: Optional[float] = None) -> None:
        """Delete a vault with everything in it."""
        await self._call("vaults.delete", {"vaultId": vault_id}, timeout=timeout)

    async def grant_group_permissions(
        self,
        vault_id: str,
        group_permissions_list: List[GroupAccess],
        *,
        timeout: Optional[float] = None,
    ) -> None:
        """Give groups permissions in a vault."""
        sent = {"vaultId": vault_id, "groupPermissions": on_wire(group_permissions_list)}
        await self._call("vaults.grantGroupPermissions", sent, timeout=timeout)

    async def update_group_permissions(
        self, group_permissions_list: List[GroupVaultAccess], *, timeout: Optional[float] = None
    ) -> None:
        """Replace permissions of groups in vaults."""
        sent = {"groupPermissions": on_wire(group_permissions_list)}
        await self._call("vaults.updateGroupPermissions", sent, timeout=timeout)

    async def revoke_group_permissions(
        self, vault_id: str, group_id: str, *, timeout: Optional[float] = None
    ) -> None:
        """Take all permissions in a vault from a group."""
        sent = {"vaultId": vault_id, "groupId": group_id}
        await self._call("vaults.revokeGroupPermissions", sent, timeout=timeout)
