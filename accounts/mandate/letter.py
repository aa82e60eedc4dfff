"""What every installation begins with: the letter's mandate, its two rules, and the grades.

Loaded after every migration. What is there already stays as officers left it: their mapping of
a grade, a base day they chose.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.mandate import obligations
from accounts.models import Account, Grade, GradeScheme, Mandate, MandateRule, Official
from govmail_portal.errors import PortalError

LETTER = "นร ๐๕๐๖/ว ๕"
# The letter says that the cabinet met on 14 December 2550, but of its own enclosures one bears
# that day and another the 17th, and the 14th was a Friday; two other sources say Tuesday 18
# December. The circular's own date is the only one beyond doubt, so it is what we begin with.
CIRCULAR = date(2008, 1, 7)
RESOLUTION = date(2007, 12, 18)
_HERE = Path(__file__).parent


class BaseDayUnknown(PortalError):
    message = _("The base day must be a day from 1 January 2007 on.")


def load(**signal: Any) -> None:
    """Write down what is missing; called after a migration that may not have gone so far."""
    if {"accounts_mandaterule", "accounts_grade"} <= set(connection.introspection.table_names()):
        load_grades()
        load_mandate()


@transaction.atomic
def load_grades() -> None:
    """Schemes and grades, from the two tables beside this file."""
    schemes = [
        GradeScheme(
            code=row["code"],
            name_th=row["name_th"],
            name_en=row["name_en"],
            valid_from=_day(row["valid_from"]),
            valid_to=_day(row["valid_to"]),
        )
        for row in _rows("schemes.csv")
    ]
    GradeScheme.objects.bulk_create(schemes, ignore_conflicts=True)
    by_code = {each.code: each for each in GradeScheme.objects.all()}
    grades = [
        Grade(scheme=by_code[row.pop("scheme")], order=number, **row)
        for number, row in enumerate(_rows("grades.csv"), start=1)
    ]
    Grade.objects.bulk_create(grades, ignore_conflicts=True)


@transaction.atomic
def load_mandate() -> None:
    """The letter's clause 1.1: directors within three months, every official within a year."""
    mandate, made = Mandate.objects.get_or_create(
        source_letter=LETTER,
        defaults={
            "title_th": "การพัฒนาระบบจดหมายอิเล็กทรอนิกส์กลางเพื่อการสื่อสารในภาครัฐ",
            "title_en": "The state's own mail in place of private free mail",
            "base_kind": Mandate.BaseKind.CIRCULAR,
            "base_date": CIRCULAR,
        },
    )
    if made:
        MandateRule.objects.bulk_create(
            [
                MandateRule(
                    mandate=mandate,
                    name_th="ผู้อำนวยการกองหรือเทียบเท่าขึ้นไป",
                    name_en="Division directors and above",
                    covers=MandateRule.Covers.DIRECTORS,
                    months=3,
                    order=1,
                ),
                MandateRule(
                    mandate=mandate,
                    name_th="ข้าราชการและพนักงานของรัฐทุกคน",
                    name_en="Every official",
                    covers=MandateRule.Covers.EVERYONE,
                    months=12,
                    order=2,
                ),
            ]
        )


@transaction.atomic
def move_base(
    mandate: Mandate, base_date: date, base_kind: str, *, by: Account | None, now: datetime
) -> int:
    """Count from another day, as an officer read the letter; gives how many duties changed.

    A day in Thailand. Every duty that rests on the base day follows, earlier or later; should it
    be stopped half-way nothing is changed. Raises BaseDayUnknown.
    """
    if base_date < date(2007, 1, 1):
        raise BaseDayUnknown
    before = f"{mandate.base_date}"
    mandate.base_date, mandate.base_kind = base_date, Mandate.BaseKind(base_kind)
    mandate.save(update_fields=["base_date", "base_kind"])
    details = {"before": before, "after": f"{base_date}", "counted_from": base_kind}
    chain.record("move_base_day", mandate, by=by, now=now, details=details)
    return obligations.recompute(Official.objects.all(), now=now, cause="base_day", by=by)


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_HERE / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
