"""security.txt (RFC 9116): where mistakes in an agency's systems can be reported.

A signature around it is taken off and not checked, as RFC 9116 leaves it to the reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

_MOST_LINES = 1_000
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[-+]\d{2}:\d{2})",
    re.IGNORECASE | re.ASCII,
)
_URIS = ("acknowledgments", "canonical", "contact", "encryption", "hiring", "policy", "csaf")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_ONCE = ("expires", "preferred-languages")


def wrong_with(body: str, now: datetime) -> list[str]:
    """What is wrong, as words of the wording, each once; empty: it is valid at that moment."""
    found: dict[str, list[str]] = {}
    wrong: list[str] = []
    lines = body.replace("\r\n", "\n").split("\n")
    if len(lines) > _MOST_LINES:
        return ["too_long"]
    for line in _unsigned(lines):
        name, mark, value = line.partition(":")
        value = value.strip()
        if not mark or not name.strip() or name != name.rstrip() or not value:
            wrong.append("line")
            continue
        found.setdefault(name.lower(), []).append(value)
    wrong += [f"{name}_twice" for name in _ONCE if len(found.get(name, [])) > 1]
    wrong += [name for name in _URIS if not all(map(_is_uri, found.get(name, [])))]
    wrong += [] if found.get("contact") else ["contact_missing"]
    wrong += _wrong_languages(found.get("preferred-languages", []))
    wrong += _wrong_expiry(found.get("expires", []), now)
    return list(dict.fromkeys(wrong))


def _unsigned(lines: list[str]) -> Iterator[str]:
    """The lines that say something, without comments and without an OpenPGP envelope."""
    is_signed = lines[0].rstrip() == "-----BEGIN PGP SIGNED MESSAGE-----"
    in_head = is_signed
    for line in lines[1:] if is_signed else lines:
        line = line.rstrip()
        if is_signed and line == "-----BEGIN PGP SIGNATURE-----":
            return
        if in_head:
            in_head = bool(line)
            continue
        line = line.removeprefix("- ") if is_signed else line
        if line and not line.startswith("#"):
            yield line


def _is_uri(value: str) -> bool:
    try:
        scheme = urlsplit(value).scheme
    except ValueError:
        return False
    return bool(scheme) and scheme != "http" and value.isprintable() and " " not in value


def _wrong_languages(found: list[str]) -> list[str]:
    tags = [tag.strip() for value in found for tag in value.split(",")]
    return [] if all(map(_LANGUAGE.fullmatch, tags)) else ["languages"]


def _wrong_expiry(found: list[str], now: datetime) -> list[str]:
    if not found:
        return ["expires_missing"]
    if not _MOMENT.fullmatch(found[0]):
        return ["expires"]
    try:
        moment = datetime.fromisoformat(_micro(found[0].upper()))
        return ["expired"] if moment < now else []
    except (ValueError, OverflowError):
        return ["expires"]


def _micro(moment: str) -> str:
    """With no more than six digits of a second: Python takes no more."""
    return re.sub(r"(\.\d{6})\d+", r"\1", moment)
