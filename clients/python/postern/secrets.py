"""``client.secrets``, and the static helpers. The helpers need no agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Optional

from ._call import Call
from ._deadline import Deadline
from ._outcomes import of_resolving, resolve_failure
from ._postern_error import PosternError
from ._reference import check_reference
from .types import (
    GeneratePasswordResponse,
    PasswordRecipe,
    ResolveAllResponse,
    ResolvedReference,
    Response,
)

if TYPE_CHECKING:
    from ._watch import OpenWatch, SecretWatch, Watch


class Secrets:
    """Secrets by their references, ``op://<vault>/<item>[/<section>]/<field>``."""

    def __init__(self, call: Call, watch: Watch) -> None:
        self._call = call
        self._watch = watch

    async def resolve(self, secret_reference: str, *, timeout: Optional[float] = None) -> str:
        """Return the secret of a reference."""
        params = {"reference": secret_reference}
        try:
            resolved = await self._call("secrets.resolve", params, timeout=timeout)
        except PosternError as error:
            raise of_resolving(error) from None
        return str(resolved["secret"])

    async def resolve_all(
        self, secret_references: List[str], *, timeout: Optional[float] = None
    ) -> ResolveAllResponse:
        """Return the outcome of each reference, under the reference as it was written."""
        params = {"references": list(secret_references)}
        answer = await self._call("secrets.resolveAll", params, timeout=timeout)
        return ResolveAllResponse(
            individual_responses={
                reference: Response(error=resolve_failure(outcome["error"]))
                if "error" in outcome
                else Response(content=ResolvedReference.from_wire(outcome))
                for reference, outcome in zip(secret_references, answer["outcomes"])
            }
        )

    async def watch(self, secret_reference: str, *, timeout: Optional[float] = None) -> SecretWatch:
        """Begin to watch a secret, and return its changes for a loop. The value is never told.

        It needs the same approval as a read. ``timeout`` is for beginning alone. Close the watch,
        or use it in a ``with``, to end it.
        """

        # Few programs watch, and its imports would slow the start of all others.
        from ._watch import SecretWatch

        async def opened(reference: str, deadline: Deadline) -> OpenWatch:
            try:
                return await self._watch(reference, deadline)
            except PosternError as error:
                raise of_resolving(error) from None

        first = await opened(secret_reference, Deadline(timeout))
        return SecretWatch(opened, secret_reference, first)

    @staticmethod
    def validate_secret_reference(secret_reference: str) -> None:
        """Raise InvalidReferenceError where a text is no reference."""
        check_reference(secret_reference)

    @staticmethod
    def generate_password(recipe: PasswordRecipe) -> GeneratePasswordResponse:
        """Make a password by a recipe. Raise InvalidRecipeError for a length out of range."""
        # Few programs make passwords, and its imports would slow the start of all others.
        from ._password import make_password

        return GeneratePasswordResponse(password=make_password(recipe))
