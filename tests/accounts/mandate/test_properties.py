"""Whatever happens to people, in whatever order: what the duties promise holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db.models import F, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.mandate import snapshots
from accounts.mandate.classes import class_of
from accounts.models import Account, Agency, Assignment, Attestation, Obligation, Official, Snapshot
from tests.accounts.mandate import scene
from tests.accounts.mandate.scene import reckon

pytestmark = pytest.mark.django_db

BEGIN = date(2020, 3, 2)
State = Obligation.State
Event = tuple[str, int, int]
EVENTS = (
    *("promote", "demote", "leave", "return", "tell_other_day", "prove", "suspend"),
    *("attest", "take_back", "close_agency", "open_agency", "pass_time"),
)
# What happens, to which of three people, and after how many days.
STORIES = st.lists(
    st.tuples(st.sampled_from(EVENTS), st.integers(0, 2), st.integers(0, 200)),
    min_size=1,
    max_size=8,
)
FEW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Story:
    """Three people of one agency, and what befalls them."""

    def __init__(self) -> None:
        self.agency = scene.agency(f"กรม {Agency.objects.count()}")
        self.people = [
            scene.official(self.agency, director=director, since=BEGIN)
            for director in ("yes", "no", "decide")
        ]
        self.head = scene.officer(scene.agency("กระทรวง"))
        self.day = BEGIN
        reckon(self.people, self.day)

    def happens(self, event: Event) -> None:
        name, who, days = event
        self.day += timedelta(days=days)
        deed: Callable[[Official], str | None] = getattr(self, f"_{name}")
        cause = deed(self.people[who]) or name
        reckon(self.people, self.day, cause)

    def duties(self) -> list[Obligation]:
        return list(Obligation.objects.filter(official__in=self.people).order_by("pk"))

    def _end_posts(self, one: Official) -> None:
        yesterday = self.day - timedelta(days=1)
        posts = one.assignments.filter(valid_to__isnull=True)
        posts.filter(valid_from__gt=yesterday).delete()
        one.assignments.filter(valid_to__isnull=True).update(valid_to=yesterday)

    def _promote(self, one: Official) -> None:
        self._end_posts(one)
        scene.give_post(one, self.agency, director="yes", since=self.day)

    def _demote(self, one: Official) -> None:
        self._end_posts(one)
        scene.give_post(one, self.agency, director="no", since=self.day)

    def _leave(self, one: Official) -> None:
        self._end_posts(one)

    def _return(self, one: Official) -> None:
        scene.give_post(one, self.agency, since=self.day)

    def _tell_other_day(self, one: Official) -> str:
        told = self.day - timedelta(days=len(one.given_name_th) + 400)
        one.assignments.filter(valid_to__isnull=True).update(valid_from=told)
        return "import"

    def _prove(self, one: Official) -> None:
        if not Account.objects.filter(official=one).exists():
            scene.prove(one, self.agency, self.day)

    def _suspend(self, one: Official) -> None:
        Account.objects.filter(official=one).update(state=Account.State.SUSPENDED)

    def _attest(self, one: Official) -> None:
        scene.attest(self.agency, self.head, self.day)

    def _take_back(self, one: Official) -> None:
        Attestation.objects.filter(agency=self.agency).update(withdrawn_at=scene.noon(self.day))

    def _close_agency(self, one: Official) -> None:
        Agency.objects.filter(pk=self.agency.pk).update(state=Agency.State.NOT_READY)

    def _open_agency(self, one: Official) -> None:
        Agency.objects.filter(pk=self.agency.pk).update(state=Agency.State.LIVE)

    def _pass_time(self, one: Official) -> None:
        pass


@FEW
@given(STORIES)
def test_the_events_replayed_give_the_duties_as_they_are(events: list[Event]) -> None:
    story = Story()
    for event in events:
        story.happens(event)
    for duty in story.duties():
        state, due = "", None
        for event in duty.events.all():
            assert (event.state_before, event.due_before) == (state, due)
            state, due = event.state_after, event.due_after
        assert (state, due) == (duty.state, duty.due_on)


@FEW
@given(STORIES)
def test_a_reckoning_of_what_was_reckoned_changes_nothing(events: list[Event]) -> None:
    story = Story()
    for event in events:
        story.happens(event)
    assert reckon(story.people, story.day, "night") == 0


@FEW
@given(STORIES)
def test_nothing_that_befalls_anybody_moves_a_due_date(events: list[Event]) -> None:
    story = Story()
    for event in events:
        before = {duty.pk: duty.due_on for duty in story.duties()}
        story.happens(event)
        after = {duty.pk: duty.due_on for duty in story.duties()}
        assert {pk: after[pk] for pk in before} == before


@FEW
@given(STORIES)
def test_everybody_in_service_has_the_year_and_every_director_the_three_months(
    events: list[Event],
) -> None:
    story = Story()
    for event in events:
        story.happens(event)
    for one in story.people:
        # Not what an earlier reading kept: the posts as they are now.
        fresh = Official.objects.get(pk=one.pk)
        serving = Assignment.objects.on(story.day).filter(official=one).exists()
        counted = Obligation.objects.counted().filter(official=one)
        assert counted.filter(rule__covers="everyone").count() == serving
        is_director = class_of(fresh, story.day) == "yes"
        assert counted.filter(rule__covers="directors").count() == is_director


@FEW
@given(STORIES)
def test_the_classes_add_up_to_the_heads_at_every_date(events: list[Event]) -> None:
    story = Story()
    for event in events:
        story.happens(event)
        snapshots.take(story.day)
        heads = (
            Assignment.objects.on(story.day)
            .filter(official__in=story.people)
            .values("official")
            .distinct()
            .count()
        )
        rows = Snapshot.objects.filter(day=story.day, agency=story.agency, rule__covers="everyone")
        columns = rows.annotate(
            all=F("met")
            + F("late_met")
            + F("late_person")
            + F("late_agency")
            + F("waiting_gate")
            + F("exempt")
            + F("pending")
        )
        found = columns.aggregate(heads=Sum("eligible"), classes=Sum("all"))
        assert (found["heads"] or 0, found["classes"] or 0) == (heads, heads)
