"""Times are texts on the wire. In a program they are datetimes in UTC without a zone, as officially."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?(?:[Zz]|([+-])(\d\d):(\d\d))"
)


def instant(text: str) -> datetime:
    """Reads a time of RFC 3339. Raises ValueError where the text is none."""
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise ValueError("not a time of RFC 3339")
    day, time, fraction, sign, hours, minutes = found.groups()
    read = datetime.strptime(f"{day}T{time}", "%Y-%m-%dT%H:%M:%S")
    read = read.replace(microsecond=int((fraction or "0").ljust(6, "0")))
    if sign is None:
        return read
    ahead = timedelta(hours=int(hours), minutes=int(minutes))
    return read - ahead if sign == "+" else read + ahead


def in_utc(moment: datetime) -> datetime:
    """The same moment without a zone. A datetime without one is in UTC already."""
    if moment.tzinfo is None:
        return moment
    return moment.astimezone(timezone.utc).replace(tzinfo=None)


def wire_text(moment: datetime) -> str:
    """The time as the agent writes it, with milliseconds."""
    moment = in_utc(moment)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def dumped_text(moment: datetime) -> str:
    """The time as the official package dumps it, with microseconds."""
    return f"{in_utc(moment):%Y-%m-%dT%H:%M:%S.%f}Z"
