"""The position a record means: found by its number, else by title and unit; made if missing."""

from __future__ import annotations

from datetime import date
from typing import Any

from accounts.directory import units
from accounts.models import Agency, Assignment, Grade, Position


def found_or_made(
    agency: Agency, facts: dict[str, Any], grade: Grade | None, *, day: date
) -> Position:
    """facts: `ImportRow.parsed`. A post with a number takes over its new title and unit."""
    unit = units.found_or_made(agency, tuple(facts.get("unit", ())))
    number = facts.get("position_number", "")
    title = facts.get("position_th", "")
    known = Position.objects.filter(agency=agency, position_number=number).order_by("pk")
    if number:
        position = known.select_for_update().first()
    else:
        position = _vacant(known.filter(title_th=title, unit=unit), day)
    if position is None:
        return Position.objects.create(
            agency=agency,
            unit=unit,
            position_number=number,
            title_th=title,
            title_en=facts.get("position_en", ""),
            grade=grade,
        )
    news = {
        "title_th": title,
        "title_en": facts.get("position_en", ""),
        "unit": unit,
        "grade": grade,
    }
    changed = [name for name, value in news.items() if value and getattr(position, name) != value]
    for name in changed:
        setattr(position, name, news[name])
    if changed:
        position.save(update_fields=changed)
    return position


def _vacant(known: Any, day: date) -> Position | None:
    """One that nobody holds: posts without a number are told apart by who holds them."""
    held = Assignment.objects.on(day).filter(kind=Assignment.Kind.SUBSTANTIVE)
    found: Position | None = known.exclude(pk__in=held.values("position")).first()
    return found
