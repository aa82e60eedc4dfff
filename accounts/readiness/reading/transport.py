"""Policies about TLS between mail servers: MTA-STS (RFC 8461) and TLS-RPT (RFC 8460)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from accounts.readiness.reading.errors import Unreadable

_MOST_AGE = 31_557_600
_MOST_FIELDS, _MOST_LINES = 40, 500
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,31}")
_VALUE = re.compile(r"[\x21-\x3a\x3c\x3e-\x7e]+")
_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
_PATTERN = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")
_LINE_VALUE = re.compile(r"[^\x00-\x1f\x7f]+")
_ATOM = r"(?:[A-Za-z0-9#$&'*+/=?^_`{|}~\-]|%[0-9A-Fa-f]{2})+"
_MAILTO = re.compile(
    rf"mailto:{_ATOM}(?:\.{_ATOM})*@(?:[A-Za-z0-9\-]+\.)*[A-Za-z0-9\-]+", re.IGNORECASE
)
_HTTPS = re.compile(
    r"https://(?:[A-Za-z0-9\-]+\.)*[A-Za-z0-9\-]+(?::[0-9]{1,5})?"
    r"(?:[/?#](?:[A-Za-z0-9\-._~$&'()*+=:@/?#]|%[0-9A-Fa-f]{2})*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class StsPolicy:
    mode: str
    max_age: int
    mx: tuple[str, ...]


def read_sts_record(record: str) -> str:
    """The id of an MTA-STS record (section 3.1). Raises Unreadable."""
    fields = _fields(record, "v=STSv1")
    found = next((value for name, value in fields if name == "id"), "")
    if not _ID.fullmatch(found):
        raise Unreadable(f"id={found}")
    for name, value in fields:
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise Unreadable(f"{name}={value}")
    return found


def read_tls_report(record: str) -> tuple[str, ...]:
    """Where a TLS-RPT record has reports sent (section 3). Raises Unreadable."""
    uris: list[str] = []
    for name, value in _fields(record, "v=TLSRPTv1"):
        if name == "rua":
            uris += [each.strip(" \t") for each in value.split(",")]
        elif not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise Unreadable(f"{name}={value}")
    if not uris:
        raise Unreadable("rua")
    for uri in uris:
        if not (_MAILTO.fullmatch(uri) or _HTTPS.fullmatch(uri)):
            raise Unreadable(uri)
    return tuple(uris)


def _fields(record: str, version: str) -> list[tuple[str, str]]:
    """The fields behind the version, which comes first."""
    first, *others = [each.strip(" \t") for each in record.strip(" \t").split(";")]
    if first != version or not others:
        raise Unreadable(version)
    if not others[-1]:
        others.pop()
    if len(others) > _MOST_FIELDS:
        raise Unreadable(others[_MOST_FIELDS])
    pairs = [each.partition("=") for each in others]
    for name, mark, value in pairs:
        if not mark or name != name.strip() or not value or value[0] in " \t":
            raise Unreadable(f"{name}{mark}{value}")
    return [(name, value) for name, _, value in pairs]


def read_sts_policy(body: str) -> StsPolicy:
    """An MTA-STS policy (section 3.2); of a field that is there twice the first counts."""
    lines = body.split("\n")
    if len(lines) > _MOST_LINES:
        raise Unreadable(lines[_MOST_LINES])
    found: dict[str, str] = {}
    mx: list[str] = []
    for line in lines:
        pair = _line(line.removesuffix("\r"))
        if pair and pair[0] == "mx":
            mx.append(pair[1])
        elif pair:
            found.setdefault(*pair)
    return _policy(found, mx)


def _line(line: str) -> tuple[str, str] | None:
    """One field of a policy; None of an empty line. Raises Unreadable."""
    if not line:
        return None
    name, mark, value = line.partition(":")
    value = value.strip(" \t")
    if not mark or not _NAME.fullmatch(name) or not _LINE_VALUE.fullmatch(value):
        raise Unreadable(line)
    if name == "mx" and not _PATTERN.fullmatch(value):
        raise Unreadable(line)
    return name, value


def _policy(found: dict[str, str], mx: list[str]) -> StsPolicy:
    for name, words in (("version", ("STSv1",)), ("mode", ("enforce", "testing", "none"))):
        if found.get(name) not in words:
            raise Unreadable(f"{name}: {found.get(name, '')}")
    age = found.get("max_age", "")
    if not re.fullmatch(r"[0-9]{1,10}", age) or int(age) > _MOST_AGE:
        raise Unreadable(f"max_age: {age}")
    if found["mode"] != "none" and not mx:
        raise Unreadable("mx")
    return StsPolicy(found["mode"], int(age), tuple(mx))


def is_covered(host: str, patterns: tuple[str, ...]) -> bool:
    """Whether a policy names a mail server; a star is the whole first label (section 4.1)."""
    host = host.lower()
    parent = host.partition(".")[2]
    for pattern in patterns:
        wanted = pattern.lower()
        if host == wanted or (wanted.startswith("*.") and parent and parent == wanted[2:]):
            return True
    return False
