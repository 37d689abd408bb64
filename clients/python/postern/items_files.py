"""``client.items.files``. A file that is larger than one chunk passes in chunks."""

from __future__ import annotations

import base64
from typing import Any, Dict, List, Mapping, Optional

from ._call import Call
from ._generated_rules import CHUNK_BYTES
from ._model_fields import on_wire
from .types import DocumentCreateParams, FileAttributes, FileCreateParams, Item


class ItemsFiles:
    """The files of items."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def attach(
        self, item: Item, file_params: FileCreateParams, *, timeout: Optional[float] = None
    ) -> Item:
        """Attach a file to an item."""
        place = _place(item)
        file = on_wire(file_params)
        if len(file_params.content) > CHUNK_BYTES:
            del file["content"]
            return await write_file(self._call, {**place, **file}, file_params.content, timeout)
        answer = await self._call("files.attach", {**place, "file": file}, timeout=timeout)
        return Item.from_wire(answer)

    async def read(
        self,
        vault_id: str,
        item_id: str,
        attr: FileAttributes,
        *,
        timeout: Optional[float] = None,
    ) -> bytes:
        """Return the bytes of a file."""
        params = {"vaultId": vault_id, "itemId": item_id, "fileId": attr.id}
        handle = (await self._call("files.openRead", params, timeout=timeout))["handle"]
        parts: List[bytes] = []
        while True:
            chunk = await self._call("files.readChunk", {"handle": handle}, timeout=timeout)
            parts.append(base64.b64decode(chunk["content"]))
            if chunk["last"]:
                return b"".join(parts)

    async def delete(
        self, item: Item, section_id: str, field_id: str, *, timeout: Optional[float] = None
    ) -> Item:
        """Delete a file of an item."""
        params = {**_place(item), "sectionId": section_id, "fieldId": field_id}
        return Item.from_wire(await self._call("files.delete", params, timeout=timeout))

    async def replace_document(
        self, item: Item, doc_params: DocumentCreateParams, *, timeout: Optional[float] = None
    ) -> Item:
        """Replace the file of a Document."""
        place = _place(item)
        content = doc_params.content
        if len(content) > CHUNK_BYTES:
            return await write_file(
                self._call, {**place, "name": doc_params.name}, content, timeout
            )
        params = {**place, "document": on_wire(doc_params)}
        return Item.from_wire(await self._call("files.replaceDocument", params, timeout=timeout))


def _place(item: Item) -> Dict[str, Any]:
    return {"vaultId": item.vault_id, "itemId": item.id, "version": item.version}


async def write_file(
    call: Call, target: Mapping[str, Any], content: bytes, timeout: Optional[float]
) -> Item:
    """Sends a file in chunks. Nothing of it is there before the last one."""
    opened = await call("files.openWrite", {**target, "size": len(content)}, timeout=timeout)
    handle = opened["handle"]
    for at in range(0, len(content), CHUNK_BYTES):
        chunk = base64.b64encode(content[at : at + CHUNK_BYTES]).decode()
        await call("files.writeChunk", {"handle": handle, "content": chunk}, timeout=timeout)
    return Item.from_wire(await call("files.commit", {"handle": handle}, timeout=timeout))
