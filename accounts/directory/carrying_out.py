"""One row of a plan carried out: the official, the post, the order, and what the source said.

Each row is one deed, whole or not at all; `applying` puts it into a transaction. What changed
since the plan was made is not overwritten: then the row says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.directory import leave_codes, posts, units
from accounts.directory.differences import OF_THE_POST, plain
from accounts.directory.matching import PERSONAL, Grades, serves_under
from accounts.models import (
    Account,
    Assignment,
    Grade,
    ImportBatch,
    ImportRow,
    Official,
    PersonnelOrder,
    Position,
    SourceRecord,
)
from accounts.people import addresses, directory, joining, orders
from accounts.people.days import today
from accounts.people.orders.recording import OwnOrder
from govmail_portal.errors import PortalError

Verdict = ImportRow.Verdict
Kind = PersonnelOrder.Kind
_OF_POSITION = {
    "position_number": "position_number",
    "position_th": "title_th",
    "position_en": "title_en",
}
_FURTHER = {"acting": Kind.ACTING, "secondment": Kind.SECONDED}


class ChangedMeanwhile(PortalError):
    message = _("Changed by somebody else since the plan was made; left as it is.")


class ServesElsewhere(PortalError):
    message = _("Serves in another agency by now; left as it is.")


class PostOfAnOfficer(PortalError):
    message = _("Administers the portal: an officer must agree to what gives them a post.")


class NumberOfAnother(PortalError):
    message = _("The national identity number is another official's.")


class NotKnownYet(PortalError):
    message = _("Nobody is known by this number yet. Their own post must come first.")


@dataclass(frozen=True)
class Deed:
    """A row with everything carrying it out needs; by: the officer who approved."""

    row: ImportRow
    batch: ImportBatch
    by: Account | None
    now: datetime
    grades: Grades

    @property
    def facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = self.row.parsed
        return facts

    def day(self, name: str) -> date | None:
        value = self.facts.get(name)
        return date.fromisoformat(value) if value else None

    @property
    def order_no(self) -> str:
        return str(self.facts.get("order_no", ""))


def carry_out(row: ImportRow, batch: ImportBatch, *, grades: Grades, now: datetime) -> None:
    """Carry out one row that joins, moves, changes or leaves. Raises a PortalError."""
    deed = Deed(row, batch, batch.approved_by, now, grades)
    if row.verdict == Verdict.JOIN:
        official = _join(deed)
    else:
        official = _locked(deed)
        _must_be_ours(deed, official)
        _DEEDS[Verdict(row.verdict)](deed, official)
    _remember(deed, official)


def _join(deed: Deed) -> Official:
    source = deed.batch.source
    if SourceRecord.objects.filter(source=source, key=deed.row.key).exists() and not (
        deed.row.official_id
    ):
        raise ChangedMeanwhile
    if not deed.row.official_id and _is_known(deed):
        raise ChangedMeanwhile
    official = deed.row.official or _new_official(deed)
    deed.row.official = official
    grade = _grade(deed)
    position = posts.found_or_made(source.agency, deed.facts, grade, day=today(deed.now))
    account = joining.join(
        official,
        agency=source.agency,
        position=position,
        kind=Assignment.Kind.SUBSTANTIVE,
        valid_from=deed.day("valid_from"),
        order_no=deed.order_no,
        grade=grade,
        by=deed.by,
        now=deed.now,
    )
    _propose_address(deed, account)
    return official


def _is_known(deed: Deed) -> bool:
    """Another source may have told of them while this plan was looked at."""
    digest = bytes.fromhex(deed.facts.get("national_id_digest", ""))
    if digest and Official.objects.filter(national_id_digest=digest).exists():
        return True
    # By the same signs as the plan; whom this source means by another number is a namesake.
    source, birth_date = deed.batch.source, deed.day("birth_date")
    same = Official.objects.filter(
        given_name_th=deed.facts["given_name_th"],
        family_name_th=deed.facts["family_name_th"],
        birth_date=birth_date,
        account__agency=source.agency,
    )
    return birth_date is not None and same.exclude(source_records__source=source).exists()


def _new_official(deed: Deed) -> Official:
    facts = {name: deed.facts[name] for name in PERSONAL if name in deed.facts}
    if "birth_date" in facts:
        facts["birth_date"] = deed.day("birth_date")
    digest = deed.facts.get("national_id_digest")
    return Official.objects.create(
        **facts, national_id_digest=bytes.fromhex(digest) if digest else None
    )


def _propose_address(deed: Deed, account: Account) -> None:
    """Take the address the source proposes where it may be given; else ours stands."""
    local, _at, domain = str(deed.facts.get("proposed_address", "")).lower().partition("@")
    if not local or account.address == f"{local}@{domain}":
        return
    try:
        if domain in ("", addresses.domain_of(account.agency)):
            addresses.change(account, local, by=deed.by, now=deed.now)
    except PortalError as refusal:
        deed.row.words = f"{deed.row.words} {refusal}".strip()[:400]


def _change(deed: Deed, official: Official) -> None:
    diff = deed.row.diff
    _refuse_if_changed(official, diff)
    fields = [name for name in PERSONAL if name in diff]
    for name in fields:
        setattr(official, name, deed.day(name) if name == "birth_date" else diff[name][1])
    if "national_id" in diff:
        digest = bytes.fromhex(deed.facts["national_id_digest"])
        if Official.objects.filter(national_id_digest=digest).exclude(pk=official.pk).exists():
            raise NumberOfAnother
        official.national_id_digest = digest
        fields.append("national_id_digest")
    if fields:
        official.save(update_fields=fields)
    if "leaves" in diff:
        _order(deed, official, Kind.REINSTATED)
    chain.record(
        "official_imported",
        official,
        by=deed.by,
        now=deed.now,
        agency=deed.batch.source.agency,
        details={"import": deed.batch.pk, "fields": sorted(diff)},
    )
    if diff.keys() & {*OF_THE_POST, "position_en", "grade"}:
        _change_post(deed, official)
    accounts = Account.objects.get_queryset().filter(official=official)
    directory.list_again(directory.listed(accounts))


def _change_post(deed: Deed, official: Official) -> None:
    diff, held = deed.row.diff, _held(official, deed.now)
    if deed.row.verdict == Verdict.MOVE:
        kind = Kind.TRANSFERRED if "agency" in diff else Kind.MOVED
        _order(deed, official, kind, position=_new_post(deed, held), held=held)
    elif held is not None:
        _rename(deed, held.position)
        if "grade" in diff:
            _order(deed, official, Kind.PROMOTED, position=held.position, held=held)


def _rename(deed: Deed, position: Position) -> None:
    """The same post under another title, number or unit: nobody moved."""
    diff, agency = deed.row.diff, deed.batch.source.agency
    fields = [field for name, field in _OF_POSITION.items() if name in diff]
    for name, field in _OF_POSITION.items():
        if name in diff:
            setattr(position, field, diff[name][1])
    if "unit" in diff:
        position.unit = units.found_or_made(agency, tuple(diff["unit"][1]))
        fields.append("unit")
    if fields:
        position.save(update_fields=fields)


def _new_post(deed: Deed, held: Assignment | None) -> Position:
    """The post the record names; a title it leaves empty is that of the post held so far."""
    facts = dict(deed.facts)
    if held is not None:
        facts.setdefault("position_th", held.position.title_th)
    return posts.found_or_made(deed.batch.source.agency, facts, _grade(deed), day=today(deed.now))


def _move(deed: Deed, official: Official) -> None:
    further = deed.facts.get("kind", "substantive")
    if further == "substantive":
        _change(deed, official)
        return
    position = posts.found_or_made(
        deed.batch.source.agency, deed.facts, _grade(deed), day=today(deed.now)
    )
    if further in _FURTHER:
        _order(deed, official, _FURTHER[further], position=position, until=deed.day("valid_to"))
        return
    if deed.by is not None and deed.by.official_id == official.pk:
        raise OwnOrder
    joining.join(
        official,
        agency=deed.batch.source.agency,
        position=position,
        kind=further,
        valid_from=deed.day("valid_from"),
        order_no=deed.order_no,
        by=deed.by,
        now=deed.now,
    )


def _leave(deed: Deed, official: Official) -> None:
    diff = deed.row.diff
    on = diff.get("leaves_on", [None, None])[1]
    details = {"why": "absent"} if "absences" in diff else {}
    effective_on = date.fromisoformat(on) if on else today(deed.now)
    _order(deed, official, diff["leaves"][1], effective_on=effective_on, details=details)


def _order(
    deed: Deed, official: Official, kind: str, *, held: Assignment | None = None, **more: Any
) -> None:
    """Write the personnel order. held: the post so far, whose grade is kept if none is told."""
    details = more.pop("details", {}) | {"import": deed.batch.pk}
    day = deed.day("valid_from") or today(deed.now)
    if held is not None:
        grade = _grade(deed)
        details["grade"] = grade.pk if grade else held.grade_id
        if held.valid_from is not None and day <= held.valid_from:
            # The list repeats since when the former post was held.
            day = today(deed.now)
    if kind == Kind.TRANSFERRED:
        more["to_agency"] = deed.batch.source.agency
    more.setdefault("effective_on", day)
    orders.record(
        kind,
        official,
        by=deed.by,
        now=deed.now,
        order_no=deed.order_no,
        details=details,
        **more,
    )


def _remember(deed: Deed, official: Official) -> None:
    """Keep what the source said, under its key; a leave holds until it says otherwise."""
    records = SourceRecord.objects.filter(source=deed.batch.source, key=deed.row.key)
    record = records.first()
    if record and deed.facts.get("kind", "substantive") != "substantive":
        # A post besides says nothing of the own one.
        records.update(absences=0, seen_at=deed.now, version=F("version") + 1)
        return
    before = record.facts.get("leaves") if record and not deed.facts.get("leaves") else None
    leaving = deed.row.diff.get("leaves", [None, before])[1]
    facts = deed.facts if leaving is None else deed.facts | {"leaves": leaving}
    SourceRecord.objects.update_or_create(
        source=deed.batch.source,
        key=deed.row.key,
        defaults={
            "official": official,
            "facts": facts,
            "absences": 0,
            "has_left": leaving in leave_codes.ENDS,
            "seen_at": deed.now,
            "version": record.version + 1 if record else 1,
        },
    )


def _must_be_ours(deed: Deed, official: Official) -> None:
    """An agency's source changes nobody of another agency; it may ask for them, and lend a post.

    And whoever holds a source's token gives no post to an officer, such as themselves, unasked.
    """
    account = Account.objects.filter(official=official).select_related("agency").first()
    if account is None:
        return
    if deed.by is None and deed.row.verdict == Verdict.MOVE and account.is_staff:
        raise PostOfAnOfficer
    if "agency" in deed.row.diff or deed.facts.get("kind", "substantive") in _FURTHER:
        return
    if not serves_under(account.agency, deed.batch.source.agency_id):
        raise ServesElsewhere


def _locked(deed: Deed) -> Official:
    """The official the row means, held until the end of the transaction."""
    found = Official.objects.select_for_update()
    if deed.row.official_id:
        return found.get(pk=deed.row.official_id)
    # A further post of somebody who joins in the same file.
    record = SourceRecord.objects.filter(source=deed.batch.source, key=deed.row.key).first()
    if record is None:
        raise NotKnownYet
    deed.row.official_id = record.official_id
    return found.get(pk=record.official_id)


def _refuse_if_changed(official: Official, diff: dict[str, list[Any]]) -> None:
    for name in PERSONAL:
        if name in diff and plain(getattr(official, name)) not in diff[name]:
            raise ChangedMeanwhile


def _held(official: Official, now: datetime) -> Assignment | None:
    held = official.assignments.on(today(now)).filter(kind=Assignment.Kind.SUBSTANTIVE)
    return held.select_related("position").order_by("pk").first()


def _grade(deed: Deed) -> Grade | None:
    found = deed.grades.find(deed.facts.get("grade", ""))
    return Grade.objects.filter(pk=found).first() if found else None


_DEEDS: dict[Verdict, Callable[[Deed, Official], None]] = {
    Verdict.CHANGE: _change,
    Verdict.MOVE: _move,
    Verdict.LEAVE: _leave,
}
