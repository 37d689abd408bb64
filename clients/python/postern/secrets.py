"""``client.secrets``, and the static helpers. The helpers need no agent."""

from __future__ import annotations

from ._postern_error import PosternError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List, Optional

    from ._call import Call
    from ._deadline import Deadline
    from ._watch import OpenWatch, SecretWatch, Watch
    from .types import GeneratePasswordResponse, PasswordRecipe, ResolveAllResponse

# Most programs resolve one secret and end. The imports of the rest would slow their start.


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
            from ._outcomes import of_resolving

            raise of_resolving(error) from None
        return str(resolved["secret"])

    async def resolve_all(
        self, secret_references: List[str], *, timeout: Optional[float] = None
    ) -> ResolveAllResponse:
        """Return the outcome of each reference, under the reference as it was written."""
        from ._outcomes import resolve_failure
        from .types import ResolveAllResponse, ResolvedReference, Response

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
        from ._deadline import Deadline
        from ._outcomes import of_resolving
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
        from ._reference import check_reference

        check_reference(secret_reference)

    @staticmethod
    def generate_password(recipe: PasswordRecipe) -> GeneratePasswordResponse:
        """Make a password by a recipe. Raise InvalidRecipeError for a length out of range."""
        from ._password import make_password
        from .types import GeneratePasswordResponse

        return GeneratePasswordResponse(password=make_password(recipe))
