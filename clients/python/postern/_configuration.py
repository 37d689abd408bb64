"""Whether a client can be opened with what the program gives. It is checked before anything is sent,
in the words of the official core: all mistakes stand in one error."""

from __future__ import annotations

from ._local_error import InvalidConfiguration
from .defaults import DesktopAuth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List

# Bytes in UTF-8. The official core counts bytes and says characters.
NAME_BYTES_MAX = 40
VERSION_BYTES_MAX = 20

_ALLOWED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ._-")

# How our tokens begin, and the official ones. The agent refuses the latter, and says why.
_TOKEN_PREFIXES = ("postern_", "ops_")


def demand_usable(auth: object, name: str, version: str) -> None:
    """Raises InvalidConfiguration."""
    wrong = [
        *_wrong_auth(auth),
        *_wrong_text("name", name, NAME_BYTES_MAX),
        *_wrong_text("version", version, VERSION_BYTES_MAX),
    ]
    if wrong:
        listed = "; ".join(wrong)
        raise InvalidConfiguration(
            f"invalid user input: encountered the following errors: {listed}"
        )


def _wrong_auth(auth: object) -> List[str]:
    if isinstance(auth, DesktopAuth):
        return []
    if not isinstance(auth, str) or auth == "":
        return ["one authentication method must be specified"]
    if auth.startswith(_TOKEN_PREFIXES):
        return []
    return ["service account token had invalid format"]


def _wrong_text(what: str, text: str, bytes_max: int) -> List[str]:
    if not text:
        return [f"integration {what} was not specified"]
    wrong = []
    # Half of a surrogate pair has no form in UTF-8. It is refused below.
    if len(text.encode(errors="surrogatepass")) > bytes_max:
        wrong.append(f"integration {what} was too long. Max allowed: {bytes_max} chars")
    wrong.extend(
        f"integration {what} contained unallowed char: '{char}'"
        for char in text
        if char not in _ALLOWED
    )
    return wrong
