"""Who is "division director or equivalent, or above": a post test first, a grade test second.

The letter reaches posts (the head of a unit just below a department); the grade answers where
nobody has said of the post. What neither answers is for an officer to decide (`decisions`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from accounts.models import Assignment, DirectorOrAbove, Official, Position

YES, NO, DECIDE = DirectorOrAbove.YES, DirectorOrAbove.NO, DirectorOrAbove.DECIDE


def class_of(official: Official, day: date) -> DirectorOrAbove:
    """Whether the three months apply on a day in Thailand: by the highest post held, acting too.

    Without a post in force: no. Reads `official.assignments` with position and grades: prefetch
    `obligations.with_posts` for many.
    """
    held = [each for each in official.assignments.all() if each.is_in_force(day)]
    return class_of_posts(held)


def class_of_posts(assignments: Iterable[Assignment]) -> DirectorOrAbove:
    """The highest answer of any: yes before decide before no."""
    answers = {class_of_post(each) for each in assignments}
    return next((answer for answer in (YES, DECIDE) if answer in answers), NO)


def class_of_post(assignment: Assignment) -> DirectorOrAbove:
    """What holding this post makes of its holder."""
    position = assignment.position
    if position.is_director_or_above != DECIDE:
        return DirectorOrAbove(position.is_director_or_above)
    grade = assignment.grade or position.grade
    by_grade = DirectorOrAbove(grade.is_director_or_above) if grade else DECIDE
    if by_grade == NO and heads_a_division(position):
        # Grade and post contradict each other: neither is presumed.
        return DECIDE
    return by_grade


def heads_a_division(position: Position) -> bool:
    """Whether it heads a unit that stands directly below its agency."""
    unit = position.unit
    return position.is_head_of_unit and unit is not None and unit.parent_id is None
