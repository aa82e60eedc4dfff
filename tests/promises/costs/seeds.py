"""One row of each table that a walk needs and that no other sample makes: copies grow from it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Account, ImportBatch, ImportRow, Obligation, ObligationEvent, Reminder
from mailbox.inbound import permissions
from mailbox.models import Attempt, Delivery, DistributionList, MailDomain, SendingAllowance
from mailbox.outbound.domains import keys
from tests.cast import Cast
from tests.mailbox.outbound.domains.keys import ED25519, domain_of
from tests.mailbox.people.offices import office


def sow(cast: Cast, officer: Account, samples: dict[str, Any]) -> None:
    """Give the administration its rare rows, and a sample import, letter and duty their parts."""
    now, box = timezone.now(), cast.mailbox_of(cast.amina)
    until = now + timedelta(days=9)
    leave = {"reason": "x", "until": until, "by": cast.bruno, "now": now}
    permissions.grant(box, "x@else.example", **leave)
    SendingAllowance.objects.create(
        account=cast.amina,
        recipients_a_message=9,
        recipients_a_day=9,
        reason="x",
        until=until,
        granted_by=cast.bruno,
    )
    lists = {"agency": cast.transport, "name_th": "รายชื่อ"}
    made = DistributionList.objects.create(address="all@transport.example", **lists)
    made.members.add(box)
    keys.make(domain_of(cast.transport), ED25519, by=None, now=now)
    office(cast.transport)
    MailDomain.objects.create(domain=domain_of(cast.transport))
    for batch in ImportBatch.objects.all():
        for verdict in ("join", "error"):
            rows = {"official": cast.amina.official, "verdict": verdict}
            ImportRow.objects.create(batch=batch, number=ord(verdict[0]), **rows)
    for duty in Obligation.objects.all()[:2]:
        ObligationEvent.objects.create(obligation=duty, at=now, cause="x", state_after="pending")
        Reminder.objects.create(obligation=duty, step="60", to=officer, sent_at=now)
    for delivery in Delivery.objects.filter(submission=samples["submission"]):
        Attempt.objects.create(delivery=delivery, started_at=now)
