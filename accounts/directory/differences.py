"""What a record would change of an official: a verdict, fields before and after, a sentence.

Fields that the source leaves empty say nothing: ours stand.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import CharField, Model
from django.utils.translation import gettext as _

from accounts.directory import leave_codes
from accounts.directory.matching import PERSONAL, Grades, Known, Person, Post
from accounts.directory.records import PersonRecord
from accounts.models import (
    Assignment,
    ImportRow,
    Official,
    OrgUnit,
    PersonnelOrder,
    Position,
    SourceRecord,
)
from accounts.people import national_id
from accounts.people.joining import InServiceElsewhere
from accounts.people.orders.recording import EndsBeforeItBegins, LastDayNeeded
from accounts.spreadsheets.headings import HEADINGS

Verdict = ImportRow.Verdict
Diff = dict[str, list[Any]]

# Whoever changes these holds another post: that is a move, and takes an order.
OF_THE_POST = ("position_number", "position_th", "unit", "agency")
_Kind = PersonnelOrder.Kind
_TO_ANOTHER_POST = (_Kind.MOVED, _Kind.PROMOTED, _Kind.TRANSFERRED)
_ORDER_OF = {"acting": _Kind.ACTING, "secondment": _Kind.SECONDED}


def _length(model: type[Model], column: str) -> int:
    field = model._meta.get_field(column)
    assert isinstance(field, CharField)
    assert field.max_length
    return field.max_length


# What a column holds; longer is a slip of the columns.
_LONGEST = {
    **{name: _length(Official, name) for name in PERSONAL if name != "birth_date"},
    "position_number": _length(Position, "position_number"),
    "position_th": _length(Position, "title_th"),
    "position_en": _length(Position, "title_en"),
    "order_no": _length(Assignment, "order_no"),
    "key": _length(SourceRecord, "key"),
}
_LONGEST_UNIT = _length(OrgUnit, "name_th")


@dataclass(slots=True)
class Finding:
    """What comes of one record. official: whom it means, None if new or unknown."""

    verdict: Verdict
    official: Person | None = None
    diff: Diff = field(default_factory=dict)
    words: str = ""


def refused(words: str, official: Person | None = None) -> Finding:
    return Finding(Verdict.ERROR, official, words=words)


def compare(record: PersonRecord, known: Known, grades: Grades) -> Finding:
    """Compare one record with the official it means."""
    if too_long := _too_long(record):
        called = HEADINGS.get(too_long, (too_long,))[0]
        return refused(_("Too long: %(field)s.") % {"field": called})
    leaves = leave_codes.meaning(record.leaves)
    if leaves is None:
        return refused(
            _("“%(word)s” is no known reason for leaving.") % {"word": record.leaves[:40]}
        )
    person = known.whom(record)
    if person is not None and (other := _means_another(record, person, known)):
        return refused(other, person)
    leaves_now = leaves not in ("", leave_codes.SERVES)
    if person is not None and person.is_elsewhere:
        return _elsewhere(record, person, known, grades, leaves=leaves_now)
    link = known.links.get(record.key)
    before = link.leaves if link else ""
    if leaves_now:
        return _leaving(record, person, leaves, before=before)
    if person is None:
        return _joining(record, known, grades)
    returns = before == "suspended" and leaves == leave_codes.SERVES
    finding = _serving(record, person, known, grades, returns=returns)
    if leaves and before in leave_codes.ENDS and person.first_day_out and not person.is_gone:
        # The source said so itself, and takes it back.
        finding.words = _("An order of leaving is on file; withdraw it should it be wrong.")
    return finding


def as_json(record: PersonRecord) -> dict[str, Any]:
    """The record for `ImportRow.parsed`: without empty facts, the national number as a hash."""
    facts = {name: value for name, value in asdict(record).items() if value}
    facts.pop("raw", None)
    facts.pop("number", None)
    if number := facts.pop("national_id", ""):
        facts["national_id_digest"] = national_id.digest(number).hex()
    return {name: plain(value) for name, value in facts.items()}


def plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _means_another(record: PersonRecord, person: Person, known: Known) -> str:
    """Why this cannot be the official whom the record's number means; empty if it can.

    Offices give a leaver's number to the next one; who takes it over must not take over the
    mailbox with it.
    """
    if record.national_id and known.is_anothers(record.national_id, person):
        return _("The national identity number is another official's.")
    if record.key not in known.links:
        return ""
    ours = dict(zip(PERSONAL, person.personal, strict=True))
    is_other = record.national_id and person.digest not in (
        None,
        national_id.digest(record.national_id),
    )
    given, family, birth = (
        (said := getattr(record, name)) and ours[name] and said != ours[name]
        for name in ("given_name_th", "family_name_th", "birth_date")
    )
    if is_other or (given and family and birth):
        return _(
            "This number was %(name)s's until now, and the row tells of another person. A number "
            "is given once: use a new one."
        ) % {"name": f"{ours['given_name_th']} {ours['family_name_th']}"}
    return ""


def _elsewhere(
    record: PersonRecord, person: Person, known: Known, grades: Grades, *, leaves: bool
) -> Finding:
    """An official of an agency the source does not speak for: asked for, and changed in nothing."""
    link = known.links.get(record.key)
    still_named = link is not None and not link.has_left and person.pk in known.crossed_over
    if leaves and link is None:
        return refused(_("Serves in another agency; only that one says who leaves it."))
    if leaves or still_named:
        # Lists name leavers for weeks.
        return Finding(Verdict.SAME, person, words=_("Serves in another agency now."))
    if record.kind in _ORDER_OF:
        return _further_post(record, person, known)
    if record.kind != "substantive":
        return refused(str(InServiceElsewhere.message))
    if person.is_gone:
        return replace(_joining(record, known, grades), official=person)
    if any((person.pk, kind) in known.waiting for kind in _TO_ANOTHER_POST):
        return Finding(Verdict.SAME, person, words=_on_file())
    return Finding(Verdict.MOVE, person, {"agency": [person.agency, known.source.agency_id]})


def _serving(
    record: PersonRecord, person: Person, known: Known, grades: Grades, *, returns: bool
) -> Finding:
    """Somebody we know. returns: the source had said suspended, and now says serving."""
    if person.is_gone:
        # Lists name leavers for weeks; to take somebody back into service is a deed of its own.
        return Finding(Verdict.SAME, person, words=_("Has left, but is still named here."))
    if record.kind != "substantive":
        return _further_post(record, person, known)
    if not person.has_account:
        return replace(_joining(record, known, grades), official=person)
    finding = _changing(record, person, known, grades)
    if returns:
        finding.diff["leaves"] = ["suspended", ""]
        finding.verdict = Verdict.MOVE if finding.verdict == Verdict.MOVE else Verdict.CHANGE
    return finding


def _leaving(record: PersonRecord, person: Person | None, kind: str, *, before: str) -> Finding:
    if person is None:
        return Finding(Verdict.SAME, words=_("Has left, and is not known here: nothing to do."))
    if before == kind or person.is_gone:
        return Finding(Verdict.SAME, person)
    if person.first_day_out is not None and kind != "suspended":
        return Finding(Verdict.SAME, person, words=_("An order of leaving is on file already."))
    if kind == "transferred":
        return refused(_("A transfer out takes both agencies: record it as an order."), person)
    on = record.leaves_on
    if on and kind == "retired" and (on.month, on.day) == (9, 30):
        # Lists give the last day in service; an order says the first day out.
        on += timedelta(days=1)
    return Finding(Verdict.LEAVE, person, {"leaves": ["", kind], "leaves_on": [None, plain(on)]})


def _joining(record: PersonRecord, known: Known, grades: Grades) -> Finding:
    if not record.given_name_th or not record.family_name_th:
        return refused(_("A new official needs a given and a family name in Thai."))
    if record.kind != "substantive":
        return refused(_("Nobody is known by this number yet. Their own post must come first."))
    if not record.position_th:
        return refused(_("A new official needs the title of the post."))
    words = [_unknown_grade(record, grades)]
    if known.namesakes(record):
        words.append(_("Somebody of this name is here already; this is taken for another person."))
    return Finding(Verdict.JOIN, words=" ".join(filter(None, words)))


def _changing(record: PersonRecord, person: Person, known: Known, grades: Grades) -> Finding:
    diff: Diff = {
        name: [plain(ours), plain(theirs)]
        for name, ours in zip(PERSONAL, person.personal, strict=True)
        if (theirs := getattr(record, name)) and theirs != ours
    }
    if record.national_id and person.digest is None:
        diff["national_id"] = ["", "•"]
    words = _unknown_grade(record, grades)
    if any((person.pk, kind) in known.waiting for kind in _TO_ANOTHER_POST):
        words = _on_file()
    elif person.agency is not None and person.agency != known.source.agency_id:
        # Below the source's own agency; a list of the whole ministry names them, too.
        if record.key not in known.links:
            diff["agency"] = [person.agency, known.source.agency_id]
    else:
        diff |= _of_post(record, person.post, grades)
    verdict = Verdict.MOVE if _moves(record, diff) else Verdict.CHANGE if diff else Verdict.SAME
    return Finding(verdict, person, diff, words)


def _moves(record: PersonRecord, diff: Diff) -> bool:
    changed = {name for name in OF_THE_POST if name in diff}
    if "agency" in changed:
        return True
    if changed == {"position_number"} and not diff["position_number"][0]:
        # A post of ours that had no number yet.
        return False
    # The same post under another title or in another unit: the post changed, nobody moved.
    is_same_post = record.position_number and "position_number" not in changed
    return bool(changed) and not is_same_post


def _of_post(record: PersonRecord, post: Post | None, grades: Grades) -> Diff:
    diff: Diff = {}
    for name in ("position_number", "position_th", "position_en", "unit"):
        ours: Any = getattr(post, name) if post else ""
        if (theirs := getattr(record, name)) and theirs != ours:
            diff[name] = [plain(ours), plain(theirs)]
    grade = grades.find(record.grade) if record.grade else None
    if grade and grade != (post.grade if post else None):
        diff["grade"] = [grades.name(post.grade) if post else "", grades.name(grade)]
    return diff


def _further_post(record: PersonRecord, person: Person, known: Known) -> Finding:
    """An acting, seconded or additional post beside the person's own."""
    if (person.pk, _ORDER_OF.get(record.kind, "")) in known.waiting:
        return Finding(Verdict.SAME, person)
    for post in person.posts:
        same_number = record.position_number and record.position_number == post.position_number
        if post.kind == record.kind and (same_number or record.position_th == post.position_th):
            return Finding(Verdict.SAME, person)
    return further_post(record, person)


def further_post(record: PersonRecord, person: Person | None = None) -> Finding:
    """A post beside one's own, as a plan shows it; person None: joins in the same file."""
    if not record.position_th:
        return refused(_("The title of the post is missing."), person)
    if record.kind in _ORDER_OF and record.valid_to is None:
        return refused(str(LastDayNeeded.message), person)
    if record.valid_from and record.valid_to and record.valid_to < record.valid_from:
        return refused(str(EndsBeforeItBegins.message), person)
    return Finding(Verdict.MOVE, person, {record.kind: ["", record.position_th]})


def _on_file() -> str:
    return _("An order to another post is on file, and waits for its day or for agreement.")


def _unknown_grade(record: PersonRecord, grades: Grades) -> str:
    if not record.grade or grades.find(record.grade):
        return ""
    return _("The grade “%(grade)s” is not known; it is left open.") % {"grade": record.grade[:40]}


def _too_long(record: PersonRecord) -> str:
    for name, longest in _LONGEST.items():
        if len(getattr(record, name)) > longest:
            return name
    return "unit" if any(len(name) > _LONGEST_UNIT for name in record.unit) else ""
