"""What is undecided reaches an officer, and what the officer decides reaches the duties."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from accounts.mandate import classes, decisions
from accounts.models import Agency, Assignment, AuditEvent, Grade, Official, Position
from tests.accounts.mandate import scene
from tests.accounts.mandate.scene import duty, reckon

pytestmark = pytest.mark.django_db
DAY = date(2020, 6, 1)

# What the post says, the grade's code, whether it heads a division: what becomes of its holder.
CLASSES = [
    ("yes", "K1", False, "yes"),
    ("no", "S2", False, "no"),
    ("decide", "S2", False, "yes"),
    ("decide", "S1", False, "yes"),
    ("decide", "M2", False, "yes"),
    ("decide", "M1", False, "yes"),
    ("decide", "K5", False, "decide"),
    ("decide", "K4", False, "decide"),
    ("decide", "K3", False, "decide"),
    ("decide", "K2", False, "no"),
    ("decide", "K1", False, "no"),
    ("decide", "O4", False, "decide"),
    ("decide", "O3", False, "no"),
    ("decide", "O2", False, "no"),
    ("decide", "O1", False, "no"),
    ("decide", "C11", False, "yes"),
    ("decide", "C10", False, "yes"),
    ("decide", "C9", False, "decide"),
    ("decide", "C8", False, "decide"),
    ("decide", "C7", False, "no"),
    ("decide", "political", False, "yes"),
    ("decide", "", False, "decide"),
    ("decide", "K2", True, "decide"),  # heads a division below the grade: they contradict
    ("decide", "M1", True, "yes"),
    ("no", "K2", True, "no"),
]


def holder(
    agency: Agency, said: str = "decide", grade: str = "", *, heads: bool = False
) -> Official:
    one = scene.official(agency, director=said, since=DAY, unit=scene.unit(agency))
    Position.objects.filter(assignments__official=one).update(
        grade=Grade.objects.get(code=grade) if grade else None, is_head_of_unit=heads
    )
    return Official.objects.get(pk=one.pk)


@pytest.mark.parametrize(("said", "grade", "heads", "expected"), CLASSES)
def test_the_post_answers_first_the_grade_second(
    said: str, grade: str, heads: bool, expected: str
) -> None:
    assert classes.class_of(holder(scene.agency(), said, grade, heads=heads), DAY) == expected


def test_the_database_is_asked_the_same_question() -> None:
    agency = scene.agency()
    people = [holder(agency, said, grade, heads=heads) for said, grade, heads, _ in CLASSES]
    undecided = {one.pk for one in people if classes.class_of(one, DAY) == "decide"}
    found = decisions.waiting(Agency.objects.all(), now=scene.noon(DAY))
    assert set(found.values_list("official", flat=True)) == undecided


def test_the_grade_of_the_appointment_wins_over_that_of_the_post() -> None:
    one = holder(scene.agency(), grade="K1")
    one.assignments.update(grade=Grade.objects.get(code="M1"))
    assert classes.class_of(Official.objects.get(pk=one.pk), DAY) == "yes"


def test_the_highest_post_counts_acting_too() -> None:
    agency = scene.agency()
    one = holder(agency, grade="K3")
    scene.give_post(one, agency, director="yes", since=DAY, kind="acting")
    assert classes.class_of(Official.objects.get(pk=one.pk), DAY) == "yes"


def test_posts_alike_are_one_case() -> None:
    agency = scene.agency()
    for _ in range(3):
        holder(agency, grade="K3")
    holder(agency, grade="K4")
    three, one = decisions.cases(Agency.objects.all(), now=scene.noon(DAY), most=10)
    assert (three.posts, three.advice, one.posts, one.advice) == (3, "no", 1, "yes")
    assert len(three.holders) == 3


def test_many_cases_cost_as_little_as_one(django_assert_num_queries: Any) -> None:
    agency, other = scene.agency(), scene.agency("กรมอื่น")
    for number in range(6):
        one = holder(agency if number % 2 else other, grade="K3")
        Position.objects.filter(assignments__official=one).update(title_th=f"งานที่ {number}")
    with django_assert_num_queries(4):
        found = decisions.cases(Agency.objects.all(), now=scene.noon(DAY), most=10)
    assert {each.title for each in found} == {f"งานที่ {number}" for number in range(6)}
    assert {len(each.holders) for each in found} == {1}


def decide(agency: Agency, answer: str, post: int) -> int:
    found = decisions.waiting(Agency.objects.all(), now=scene.noon(DAY))
    posts = decisions.alike(found, post).values_list("position", flat=True)
    officer = scene.officer(agency)
    return decisions.decide(posts, answer, agency=agency, by=officer, now=scene.noon(DAY))


def test_a_yes_for_a_case_gives_all_holders_three_months_from_the_day_of_the_post() -> None:
    agency = scene.agency()
    people = [holder(agency, grade="K3") for _ in range(3)]
    reckon(people, DAY)
    assert decide(agency, "yes", people[0].assignments.get().position_id) == 3
    assert {duty(one, "directors").due_on for one in people} == {date(2020, 9, 1)}
    assert AuditEvent.objects.get(act="decide_class").details["answer"] == "yes"


def test_a_no_ends_the_case_and_makes_no_duty() -> None:
    agency = scene.agency()
    one = holder(agency, grade="K3")
    reckon(one, DAY)
    decide(agency, "no", one.assignments.get().position_id)
    assert decisions.cases(Agency.objects.all(), now=scene.noon(DAY), most=10) == []
    assert not one.obligations.filter(rule__covers="directors").exists()


def test_a_case_is_decided_once() -> None:
    agency = scene.agency()
    post = holder(agency, grade="K3").assignments.get().position_id
    decide(agency, "no", post)
    officer = scene.officer(agency)
    with pytest.raises(decisions.DecidedMeanwhile):
        decisions.decide([post], "yes", agency=agency, by=officer, now=scene.noon(DAY))
    assert Position.objects.get(pk=post).is_director_or_above == "no"


def test_who_has_left_is_no_case() -> None:
    agency = scene.agency()
    one = holder(agency, grade="K3")
    Assignment.objects.filter(official=one).update(valid_to=date(2020, 5, 31))
    assert decisions.cases(Agency.objects.all(), now=scene.noon(DAY), most=10) == []
