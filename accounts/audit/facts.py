"""What of a row and of an act may stand in the audit: short, plain, and never a secret."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db import models
from django.utils import translation

# The longest word kept of any value; an audit holds facts, not texts.
LONGEST = 300
MOST_VALUES = 200
NOT_KEPT = "(not kept)"
# Values under such names stay out whatever they are: the audit is read by many.
_SECRET = ("password", "secret", "token", "digest", "sealed", "private", "one_time")


def plain(value: Any, *, depth: int = 4) -> Any:
    """The same as JSON that PostgreSQL keeps as it is: dates as ISO, rows by their names.

    Values under names such as "password" are left out; long ones are cut.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if depth and isinstance(value, Mapping):
        pairs = list(value.items())[:MOST_VALUES]
        return {cut(str(name)): _told(str(name), each, depth - 1) for name, each in pairs}
    if depth and isinstance(value, list | tuple | set | frozenset):
        return [plain(each, depth=depth - 1) for each in list(value)[:MOST_VALUES]]
    if isinstance(value, models.Model):
        return cut(name_of(value))
    return cut(str(value))


def cut(text: str, most: int = LONGEST) -> str:
    """Text that PostgreSQL takes (no NUL, no half letters), at most so many letters long."""
    clean = text.replace("\0", "�").encode("utf-8", "replace").decode("utf-8")
    return clean if len(clean) <= most else clean[: most - 1] + "…"


def name_of(subject: models.Model) -> str:
    """The row's name in Thai, whatever language the officer reads in."""
    with translation.override("th"):
        return str(subject)


# The ways from a row to its agency; the first that leads to one counts.
_WAYS = ("account", "position", "source", "unit", "official", "obligation", "mailbox", "domain")


def agency_of(subject: models.Model) -> int | None:
    """The key of the agency a row belongs to: its own, or its position's, account's, domain's."""
    if subject._meta.label_lower == "accounts.agency":
        return int(subject.pk)
    if (own := _linked(subject, "agency_id")) is not None:
        return int(own)
    for way in _WAYS:
        further = _linked(subject, way)
        if isinstance(further, models.Model):
            found = agency_of(further)
            if found is not None:
                return found
    return _of_their_post(subject)


def _of_their_post(subject: models.Model) -> int | None:
    """An official without an account belongs where their newest post is."""
    if subject._meta.label_lower != "accounts.official" or subject._state.adding:
        return None
    posts: Any = getattr(subject, "assignments")  # noqa: B009  # any model may stand here
    newest = posts.select_related("position").order_by("-valid_from", "-pk").first()
    return newest.position.agency_id if newest else None


def _linked(subject: models.Model, name: str) -> Any:
    try:
        if name.endswith("_id"):
            subject._meta.get_field(name.removesuffix("_id"))
        return getattr(subject, name, None)
    except (FieldDoesNotExist, ObjectDoesNotExist):
        return None


def _told(name: str, value: Any, depth: int) -> Any:
    is_secret = any(word in name.lower() for word in _SECRET)
    return NOT_KEPT if is_secret else plain(value, depth=depth)
