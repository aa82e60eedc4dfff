"""A portal that grows: letters, people and acts by the roads they take, all else as copies.

Every table is grown, from the list of tables itself: one that no road fills is copied, and one
that cannot be is named here with the reason.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.apps import apps
from django.db import DatabaseError, transaction
from django.db.models import Model
from django.utils import timezone

from accounts.models import (
    Account,
    Agency,
    AgencyReadiness,
    CentralGrant,
    Obligation,
    ProvisioningJob,
    ProvisioningStep,
    Source,
)
from mailbox.addressbook import contacts, groups
from mailbox.addressbook.card import Card
from mailbox.filing.rules import Condition, Deeds, Rule
from mailbox.inbound.arrivals import take_in
from mailbox.models import Submission
from mailbox.opening import mailbox_key
from mailbox.outbound import drafting
from mailbox.outbound.stationery import signatures, templates
from mailbox.outbound.stationery.wording import Wording
from mailbox.outbound.submission import send
from mailbox.reading import labels
from mailbox.reading.senders import choices
from mailbox.searching.recent import remember
from mailbox.standing import rules
from tests.accounts.admin.rows import one_of_each, tables
from tests.cast import Cast, agency, person
from tests.mailbox.people.offices import delegate
from tests.mailbox.web.post import deliver, letter
from tests.promises.costs.copies import copies

# Tables of which a page can never meet more than one row, or that others fill.
ONE_EACH = {
    "accounts_account_groups": "an officer has a few roles",
    "mailbox_distributionlist_members": "no page lists them",
    "accounts_mandate": "the cabinet resolves on one in years",
    "accounts_mandaterule": "a mandate has three",
    "accounts_importupload": "a batch has one",
    "accounts_ruleresult": "a run has one of each rule",
    "mailbox_gatewayhealth": "a gateway has one",
    "mailbox_maildomain": "a domain has one",
    "mailbox_vacation": "a mailbox has one",
    "mailbox_forwarding": "a mailbox has one",
    "mailbox_snooze": "a conversation has one",
    "mailbox_invitationanswer": "a letter has one",
    "mailbox_searchindex": "a mailbox has two",
}
# Columns that copies cannot share.
# Rows whose seal no copy could open: they grow by the roads alone, or not at all.
_SEALED = {"mailbox_draftattachment", "mailbox_upload", "mailbox_uploadpiece"}
_INSTEAD: dict[str, dict[str, Any]] = {
    "accounts_importbatch": {"state": "applied"},
    "accounts_gatedecision": {"ended_at": datetime(2026, 1, 5, tzinfo=UTC), "ended_why": "lapsed"},
    "mailbox_signingkey": {"state": "retired"},
}
_numbers = count(1)


def grow(cast: Cast, officer: Account, samples: dict[str, Any], many: int) -> None:
    """Make everything `many` more: mail of Amina's, people of both agencies, and every table."""
    before = _sizes()
    for _each in range(many):
        number = next(_numbers)
        _mail(cast, samples, number)
        _people(cast.transport, by=cast.bruno, number=number)
        _people(cast.interior, by=officer, number=number)
        for above in (cast.transport, cast.interior):
            names = (f"กรม {number}", f"Department {number}", f"ก{number}")
            below = agency(*names, f"d{number}.{above.domains.get().domain}")
            Agency.objects.filter(pk=below.pk).update(parent=above)
            AgencyReadiness.objects.create(agency=below, since=timezone.now())
    tables()
    after = _sizes()
    for model in _models():
        name = model._meta.db_table
        if after[name] - before[name] < many and name not in ONE_EACH.keys() | _SEALED:
            _copied(model, many)


def not_grown(few: dict[str, int], many: int) -> set[str]:
    """Tables that hold hardly more than before, and are not known to be such."""
    now = _sizes()
    return (
        {name for name, size in few.items() if now[name] < size + many} - ONE_EACH.keys() - _SEALED
    )


def sizes() -> dict[str, int]:
    """Rows by table; those without any are none that a page of the walk shows."""
    return {name: size for name, size in _sizes().items() if size}


def _sizes() -> dict[str, int]:
    return {model._meta.db_table: model._base_manager.count() for model in _models()}


def _models() -> list[type[Model]]:
    configs = [apps.get_app_config(label) for label in ("accounts", "mailbox")]
    return [
        model
        for config in configs
        for model in config.get_models(include_auto_created=True)
        if model._meta.managed
    ]


def _copied(model: type[Model], many: int) -> None:
    rows = list(model._base_manager.order_by("-pk")[:20])
    for row in rows:
        try:
            with transaction.atomic():
                copies(row, many, **_INSTEAD.get(model._meta.db_table, {}))
        except DatabaseError:
            continue
        return


def write_to(cast: Cast, to: list[dict[str, str]]) -> Submission:
    """A letter of Amina's that has been sent."""
    now = timezone.now()
    draft = drafting.start(cast.mailbox_of(cast.amina), by=cast.amina, now=now)
    drafting.save(draft, {"subject": "x", "text": "y", "to": to}, version=1, now=now)
    draft.refresh_from_db()
    return send(draft, by=cast.amina, now=now)


def _mail(cast: Cast, samples: dict[str, Any], number: int) -> None:
    box, now = cast.mailbox_of(cast.amina), timezone.now()
    key = mailbox_key(box)
    sender, root = f"p{number}@else{number}.example", samples.get("root", "")
    # Half of them are answers, in the conversation that the walk opens.
    made = letter(f"Plan {number}", sender=sender, answers=root if number % 2 else "")
    made.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="a.pdf")
    received = deliver(made, cast.amina)[0]
    if not root:
        samples |= {"root": made["Message-ID"], "thread": received.thread_id}
    label = labels.create(box, f"งาน {number}", key)
    labels.put(box, [received.thread_id], label)
    choices.choose_paper(box, key, f"p{number}@else.example", white=True)
    contacts.keep(box, Card(f"x{number}", (f"x{number}@else.example",)))
    condition = Condition("subject", "contains", f"x{number}")
    rule = Rule(f"x{number}", conditions=(condition,), deeds=Deeds(star=True))
    rules.add(box, rule, private_key=key)
    signatures.keep(box, Wording(f"x{number}", "x"))
    groups.keep(box, f"x{number}")
    wording = Wording(f"x{number}", "x")
    templates.keep(wording, by=cast.amina, mailbox=box, is_shared=False)
    remember(box, f"x{number}", private_key=key, now=now)
    drafting.start(box, by=cast.amina, now=now)
    write_to(cast, [{"address": cast.bruno.address}, {"address": f"q{number}@else.example"}])
    take_in(b"\r\n", sender="", mailboxes=[box.pk], recipients=[], now=now, nudge=lambda _: None)


def _people(at: Agency, *, by: Account, number: int) -> None:
    code = "t" if at.domains.get().domain.startswith("transport") else "i"
    names = (f"ก{number} ข{number}", f"G{number} F{number}")
    made = person(f"{code}{number}", at, *names, post=(f"นักวิชาการ {number}", f"Officer {number}"))
    if not Source.objects.filter(agency=at, name=f"HR {at.pk}").exists():
        one_of_each(made, by=by)
    job = ProvisioningJob.objects.latest("pk")
    if job.account != made:
        copies(job, 1, account=made, agency=at)
        step = ProvisioningStep.objects.earliest("pk")
        copies(step, 1, job=ProvisioningJob.objects.latest("pk"))
        copies(Obligation.objects.earliest("pk"), 1, official=made.official, agency=at)
        copies(CentralGrant.objects.earliest("pk"), 1, official=made.official)
    delegate(made.mailbox, by)
