"""``client.items``. Times are datetimes here and texts on the wire; bytes are bytes here."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from ._call import Call
from ._generated_rules import CHUNK_BYTES
from ._model_fields import on_wire
from ._outcomes import read_failure, update_failure
from .items_files import ItemsFiles, write_file
from .items_shares import ItemsShares
from .types import (
    Item,
    ItemCreateParams,
    ItemListFilter,
    ItemOverview,
    ItemsDeleteAllResponse,
    ItemsGetAllResponse,
    ItemsUpdateAllResponse,
    Response,
)


class Items:
    """The items of vaults."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.shares = ItemsShares(call)
        self.files = ItemsFiles(call)

    async def create(self, params: ItemCreateParams, *, timeout: Optional[float] = None) -> Item:
        """Create an item. A large file follows it, in a revision of its own."""
        document = params.document
        if document is not None and len(document.content) > CHUNK_BYTES:
            return await self._create_large_document(params, document.content, timeout)
        files = params.files or []
        large = [file for file in files if len(file.content) > CHUNK_BYTES]
        sent = on_wire(params)
        if large:
            sent["files"] = [on_wire(file) for file in files if len(file.content) <= CHUNK_BYTES]
        item = Item.from_wire(await self._call("items.create", {"item": sent}, timeout=timeout))
        for file in large:
            item = await self.files.attach(item, file, timeout=timeout)
        return item

    async def _create_large_document(
        self, params: ItemCreateParams, content: bytes, timeout: Optional[float]
    ) -> Item:
        """A Document begins with its file. Everything else follows in a second revision."""
        name = params.document.name if params.document is not None else ""
        target = {"vaultId": params.vault_id, "title": params.title, "name": name}
        item = await write_file(self._call, target, content, timeout)
        rest = {
            key: getattr(params, key)
            for key in ("fields", "sections", "notes", "tags", "websites")
            if getattr(params, key)
        }
        if rest:
            item = await self.put(item.model_copy(update=rest), timeout=timeout)
        for file in params.files or []:
            item = await self.files.attach(item, file, timeout=timeout)
        return item

    async def create_all(
        self, vault_id: str, params: List[ItemCreateParams], *, timeout: Optional[float] = None
    ) -> ItemsUpdateAllResponse:
        """Create several items in one vault."""
        sent = {"vaultId": vault_id, "items": on_wire(params)}
        answer = await self._call("items.createAll", sent, timeout=timeout)
        return ItemsUpdateAllResponse(
            individual_responses=[
                Response(error=update_failure(outcome["error"]))
                if "error" in outcome
                else Response(content=Item.from_wire(outcome))
                for outcome in answer["outcomes"]
            ]
        )

    async def get(self, vault_id: str, item_id: str, *, timeout: Optional[float] = None) -> Item:
        """Return an item with its values."""
        params = {"vaultId": vault_id, "itemId": item_id}
        return Item.from_wire(await self._call("items.get", params, timeout=timeout))

    async def get_all(
        self, vault_id: str, item_ids: List[str], *, timeout: Optional[float] = None
    ) -> ItemsGetAllResponse:
        """Return several items of one vault."""
        params = {"vaultId": vault_id, "itemIds": list(item_ids)}
        answer = await self._call("items.getAll", params, timeout=timeout)
        return ItemsGetAllResponse(
            individual_responses=[
                Response(error=read_failure(outcome["error"]))
                if "error" in outcome
                else Response(content=Item.from_wire(outcome))
                for outcome in answer["outcomes"]
            ]
        )

    async def put(self, item: Item, *, timeout: Optional[float] = None) -> Item:
        """Write a changed item. It must be of the newest version."""
        sent = {"item": on_wire(item)}
        return Item.from_wire(await self._call("items.put", sent, timeout=timeout))

    async def delete(self, vault_id: str, item_id: str, *, timeout: Optional[float] = None) -> None:
        """Delete an item."""
        params = {"vaultId": vault_id, "itemId": item_id}
        await self._call("items.delete", params, timeout=timeout)

    async def delete_all(
        self, vault_id: str, item_ids: List[str], *, timeout: Optional[float] = None
    ) -> ItemsDeleteAllResponse:
        """Delete several items of one vault."""
        params = {"vaultId": vault_id, "itemIds": list(item_ids)}
        answer = await self._call("items.deleteAll", params, timeout=timeout)
        return ItemsDeleteAllResponse(
            individual_responses={
                item: Response(
                    error=update_failure(outcome["error"]) if "error" in outcome else None
                )
                for item, outcome in zip(item_ids, answer["outcomes"])
            }
        )

    async def archive(
        self, vault_id: str, item_id: str, *, timeout: Optional[float] = None
    ) -> None:
        """Move an item to the archive."""
        params = {"vaultId": vault_id, "itemId": item_id}
        await self._call("items.archive", params, timeout=timeout)

    async def list(
        self, vault_id: str, *filters: ItemListFilter, timeout: Optional[float] = None
    ) -> List[ItemOverview]:
        """Return the whole list. Several filters add up. Without a filter it has the active items."""
        params: Dict[str, Any] = {"vaultId": vault_id, "active": True, "archived": False}
        if filters:
            params["active"] = any(one.content.active for one in filters)
            params["archived"] = any(one.content.archived for one in filters)
        overviews: List[ItemOverview] = []
        # The agent answers in pages. Each begins after the last item of the page before.
        while True:
            page: Mapping[str, Any] = await self._call("items.list", params, timeout=timeout)
            overviews += [ItemOverview.from_wire(one) for one in page["items"]]
            if not page["items"] or not page["more"]:
                return overviews
            params["after"] = overviews[-1].id
