"""An official's service as the mandate sees it: where, since when, and in which class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Prefetch, QuerySet

from accounts.mandate import classes
from accounts.models import Agency, Assignment, Official, OrgUnit

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Service:
    """since, director_since: first days of the unbroken time until now; None: nobody knows.

    home: the post that says where the official belongs, the substantive one if there is any.
    """

    home: Assignment
    since: date | None
    is_director: bool
    director_since: date | None

    @property
    def agency(self) -> Agency:
        return self.home.position.agency

    @property
    def unit(self) -> OrgUnit | None:
        return self.home.position.unit


def with_posts(officials: QuerySet[Official]) -> QuerySet[Official]:
    """The same officials with all that `service_on` and `classes.class_of` read: two queries."""
    posts = Assignment.objects.select_related(
        "grade", "position__grade", "position__unit", "position__agency"
    ).order_by("pk")
    return officials.select_related("account").prefetch_related(Prefetch("assignments", posts))


def service_on(official: Official, today: date) -> Service | None:
    """The service that runs today or, for a joiner, begins next; None: has left or never came."""
    posts = list(official.assignments.all())
    day = _first_day_from(posts, today)
    if day is None:
        return None
    held = [each for each in posts if each.is_in_force(day)]
    home = min(held, key=lambda each: (each.kind != Assignment.Kind.SUBSTANTIVE, each.pk))
    directing = [each for each in posts if classes.class_of_post(each) == classes.YES]
    is_director = any(each.is_in_force(day) for each in directing)
    return Service(
        home=home,
        since=unbroken_since(posts, day),
        is_director=is_director,
        director_since=unbroken_since(directing, day) if is_director else None,
    )


def unbroken_since(assignments: Iterable[Assignment], day: date) -> date | None:
    """The first day from which one post followed another without a day between, up to `day`."""
    posts = list(assignments)
    since = day
    while True:
        reaching = [each for each in posts if _reaches(each, since)]
        if any(each.valid_from is None for each in reaching):
            return None
        earliest = min((each.valid_from for each in reaching if each.valid_from), default=since)
        if earliest >= since:
            return since
        since = earliest


def _reaches(post: Assignment, day: date) -> bool:
    """Whether it holds on the day, or ends the day before."""
    begins = post.valid_from is None or post.valid_from <= day
    return begins and (post.valid_to is None or post.valid_to + _DAY >= day)


def _first_day_from(posts: list[Assignment], today: date) -> date | None:
    """Today if any post is in force, else the day the next one begins."""
    if any(each.is_in_force(today) for each in posts):
        return today
    coming = [each.valid_from for each in posts if each.valid_from and each.valid_from > today]
    return min(coming, default=None)
