"""Cases to decide: posts of which neither post nor grade says whether they are director or above.

A case is all posts of one agency with one title and one grade, for what an officer decides of
one is nearly always true of all; a single post can be decided by itself. The answer is written
on the posts, so that it holds for whoever holds them next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import Coalesce, RowNumber
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.mandate import obligations
from accounts.models import (
    Account,
    Agency,
    Assignment,
    DirectorOrAbove,
    Grade,
    Official,
    Position,
)
from govmail_portal.errors import PortalError

DECIDE = DirectorOrAbove.DECIDE
# The grade that counts: the appointment's own, else the post's.
_BY_GRADE = Coalesce("grade", "position__grade")
# What posts of one case have in common; `graded` is the above.
_CASE = ("position__agency", "position__title_th", "graded", "position__is_head_of_unit")
_SHOWN_OF_A_CASE = 3
# Appointments that are put together into cases at a time; the rest follow as these are decided.
MOST_COUNTED = 10_000


class NoAnswer(PortalError):
    message = _("Choose whether these posts are division director or above.")


class DecidedMeanwhile(PortalError):
    message = _("Somebody has decided this case already.")


@dataclass(frozen=True)
class Case:
    """Posts alike. post: the id of one of them, by which the case is named."""

    post: int
    agency: Agency
    title: str
    grade: Grade | None
    posts: int
    heads_division: bool
    holders: tuple[str, ...]

    @property
    def advice(self) -> str:
        """What the grade's scheme suggests: "yes", "no", or nothing."""
        return self.grade.suggested if self.grade else ""


def waiting(agencies: QuerySet[Agency], *, now: datetime) -> QuerySet[Assignment]:
    """Assignments in force or to come, of these agencies, to posts that are undecided.

    The same question as `classes.class_of_post`, asked of the database.
    """
    today = timezone.localdate(now)
    heads = Q(position__is_head_of_unit=True, position__unit__parent__isnull=True)
    return (
        Assignment.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=today))
        .filter(position__agency__in=agencies, position__is_director_or_above=DECIDE)
        .alias(
            by_grade=_BY_GRADE,
            says=Coalesce("grade__is_director_or_above", "position__grade__is_director_or_above"),
        )
        .filter(
            Q(by_grade__isnull=True)
            | Q(says=DECIDE)
            | (Q(says=DirectorOrAbove.NO, position__unit__isnull=False) & heads)
        )
    )


def cases(agencies: QuerySet[Agency], *, now: datetime, most: int) -> list[Case]:
    """The cases with most posts first: what decides most people is decided first."""
    found = waiting(agencies, now=now).order_by()
    first = found.order_by("pk").values("pk")[:MOST_COUNTED]
    rows = (
        Assignment.objects.filter(pk__in=first)
        .annotate(graded=_BY_GRADE)
        .values(*_CASE)
        .annotate(posts=Count("position", distinct=True))
    )
    groups = list(rows.order_by("-posts", "position__title_th", "position__agency")[:most])
    grades = Grade.objects.in_bulk([each["graded"] for each in groups if each["graded"]])
    held = Agency.objects.in_bulk([each["position__agency"] for each in groups])
    sampled = _samples(found, groups)
    made = []
    for each in groups:
        alike_ones = sampled.get(tuple(each[name] for name in _CASE))
        if not alike_ones:
            continue  # decided in this moment
        made.append(
            Case(
                post=alike_ones[0].position_id,
                agency=held[each["position__agency"]],
                title=alike_ones[0].position.title,
                grade=grades.get(each["graded"]),
                posts=each["posts"],
                heads_division=each["position__is_head_of_unit"],
                holders=tuple(one.official.name for one in alike_ones),
            )
        )
    return made


def _samples(
    found: QuerySet[Assignment], groups: list[dict[str, Any]]
) -> dict[tuple[Any, ...], list[Assignment]]:
    """The first three assignments of each case, in one statement for all."""
    alike_in: list[F | Coalesce] = [F(name) for name in _CASE if name != "graded"]
    numbered = found.filter(
        position__agency__in={each["position__agency"] for each in groups},
        position__title_th__in={each["position__title_th"] for each in groups},
    ).annotate(nth=Window(RowNumber(), partition_by=[*alike_in, _BY_GRADE], order_by=F("pk").asc()))
    rows = numbered.filter(nth__lte=_SHOWN_OF_A_CASE).select_related("position", "official")
    sampled: dict[tuple[Any, ...], list[Assignment]] = defaultdict(list)
    for one in rows.order_by("pk"):
        post = one.position
        grade = one.grade_id or post.grade_id
        sampled[post.agency_id, post.title_th, grade, post.is_head_of_unit].append(one)
    return sampled


def alike(found: QuerySet[Assignment], post: int) -> QuerySet[Assignment]:
    """Those of the same case as a post; none where it is no case (any more)."""
    one = found.filter(position=post).order_by("pk").first()
    if one is None:
        return found.none()
    return _like(
        found,
        agency=one.position.agency_id,
        title=one.position.title_th,
        grade=one.grade_id or one.position.grade_id,
        heads=one.position.is_head_of_unit,
    )


@transaction.atomic
def decide(posts: Iterable[int], answer: str, *, agency: Agency, by: Account, now: datetime) -> int:
    """Write the answer on these posts of an agency; gives how many were undecided until now.

    Their holders' duties follow at once: a "yes" counts from the day the post was taken, not
    from today. Raises NoAnswer, DecidedMeanwhile.
    """
    if answer not in (DirectorOrAbove.YES, DirectorOrAbove.NO):
        raise NoAnswer
    undecided = Position.objects.filter(
        pk__in=list(posts), agency=agency, is_director_or_above=DECIDE
    )
    chosen = list(undecided.select_for_update(of=("self",)).order_by("pk"))
    if not chosen:
        raise DecidedMeanwhile
    ids = [each.pk for each in chosen]
    Position.objects.filter(pk__in=ids).update(is_director_or_above=answer)
    details = {"answer": answer, "title": chosen[0].title_th, "posts": ids}
    chain.record("decide_class", agency, by=by, now=now, agency=agency, details=details)
    holding = Assignment.objects.filter(official=OuterRef("pk"), position__in=ids)
    people = Official.objects.filter(Exists(holding))
    obligations.recompute(people, now=now, cause="decided", by=by)
    return len(ids)


def _like(
    found: QuerySet[Assignment], *, agency: int, title: str, grade: int | None, heads: bool
) -> QuerySet[Assignment]:
    same = found.alias(graded=_BY_GRADE).filter(
        position__agency=agency, position__title_th=title, position__is_head_of_unit=heads
    )
    return same.filter(graded=grade) if grade else same.filter(graded__isnull=True)
