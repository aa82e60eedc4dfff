"""One canary in every place that a stranger, or a careless colleague, can write into (class 8).

Each sings another number, so that a page that lets one out can be traced to its place.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.header import Header
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.signing_in import sessions
from mailbox.addressbook import contacts, groups
from mailbox.addressbook.card import Card
from mailbox.filing.rules import Condition, Deeds, Rule
from mailbox.inbound import permissions
from mailbox.inbound.arrivals import take_in
from mailbox.models import (
    Delivery,
    DistributionList,
    ForwardPermission,
    Gateway,
    SenderChoice,
    Submission,
)
from mailbox.opening import mailbox_key
from mailbox.outbound import drafting
from mailbox.outbound.composing import uploads
from mailbox.outbound.domains import keys
from mailbox.outbound.enclosures import attach, attach_picture
from mailbox.outbound.gateways import trial
from mailbox.outbound.relay import relay
from mailbox.outbound.stationery import signatures, templates
from mailbox.outbound.stationery.wording import Wording
from mailbox.outbound.submission import send
from mailbox.reading import folders, labels
from mailbox.reading.deeds import jobs
from mailbox.reading.lists import List
from mailbox.reading.senders import choices
from mailbox.searching.recent import remember
from mailbox.smtp.verdicts import Verdict
from mailbox.standing import rules
from mailbox.web.answers import passes
from tests.cast import Cast, signed_in
from tests.fakes import FakeGateway
from tests.mailbox.orders import be_away
from tests.mailbox.web.post import deliver

# The places, in the order of their numbers.
PLACES = (
    *("display name", "subject", "file name", "extension", "content-type", "content-id"),
    *("charset", "list-id", "invitation", "receipt address", "recipient", "folder", "label"),
    *("filter", "contact", "group", "signature", "template", "search", "draft", "draft's file"),
    *("browser", "network address", "SMTP words", "gateway", "official", "position", "agency"),
    *("vacation", "sent subject", "sender choice", "body", "rule's words"),
    *("reason of a leave", "words of a gateway", "list"),
)
# Places that no page shows as they were written: there nothing can sing. Of a browser
# only its kind is told, and a network address must be one to be kept.
SILENT = frozenset(
    ("content-id", "charset", "receipt address", "browser", "network address", "sender choice")
)


def canary(place: str) -> str:
    """Markup that calls alert with the number of its place, however the quotes stand."""
    return f"\"'><img src=x onerror=alert({PLACES.index(place)})>"


def hostile_letter() -> bytes:
    """A letter with a canary in every field of it, some as encoded words, some raw."""

    def coded(place: str) -> str:
        return Header(canary(place), "utf-8", maxlinelen=900).encode()

    def part(kind: str, *fields: str, text: str = canary("body")) -> list[str]:
        return ["--=b=", f"Content-Type: {kind}", *fields, "", text]

    def attached(name: str) -> str:
        return f'Content-Disposition: attachment; filename="{name}"'

    event = [
        "BEGIN:VCALENDAR",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        "UID:1",
        "DTSTART:20261201T020000Z",
    ]
    event += [f"{name}:{canary('invitation')}" for name in ("SUMMARY", "LOCATION", "DESCRIPTION")]
    event += [
        f"ORGANIZER;CN={canary('invitation')}:mailto:a@else.example",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    raw = canary
    lines = [
        f"From: {coded('display name')} <a@else.example>",
        f"To: {coded('recipient')} <amina@transport.example>",
        f"Subject: {coded('subject')}",
        "Message-ID: <canary@else.example>",
        f"List-Id: {raw('list-id')} <list.else.example>",
        f"Disposition-Notification-To: {coded('receipt address')} <a@else.example>",
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="=b="',
        "",
        *part(f"text/plain; charset={raw('charset')}", text=f"{raw('body')} http://192.0.2.1/"),
        *part("text/plain", attached(coded("file name"))),
        *part("text/plain", attached(f"{coded('extension')}.x")),
        *part(f"text/{raw('content-type')}; name=a.bin", "Content-Disposition: attachment"),
        *part("image/gif", f"Content-ID: <{raw('content-id')}>", text="GIF89a"),
        *part("text/calendar; method=REQUEST; charset=utf-8", text="\r\n".join(event)),
        "--=b=--",
        "",
    ]
    return "\r\n".join(lines).encode()


def name_everybody(cast: Cast) -> None:
    """Officials, posts and agencies are written by officers: not everybody's friends."""
    for account in (cast.amina, cast.bruno):
        official, assignment = account.official, account.official.assignments.get()  # type: ignore[union-attr]
        official.given_name_en = official.given_name_th = canary("official")  # type: ignore[union-attr]
        official.save()  # type: ignore[union-attr]
        assignment.position.title_en = assignment.position.title_th = canary("position")
        assignment.position.save()
    cast.transport.name_en = cast.transport.name_th = canary("agency")
    cast.transport.save()


def plant(cast: Cast, now: datetime) -> dict[str, Any]:
    """Plant them all in Amina's mailbox; give the samples that the addresses of P6 take."""
    name_everybody(cast)
    box = cast.mailbox_of(cast.amina)
    key = mailbox_key(box)
    message = deliver(hostile_letter(), cast.amina)[0]
    folder = folders.create(box, canary("folder"))
    label = labels.create(box, canary("label"), key)
    rule = Rule(
        canary("filter"),
        conditions=(Condition("subject", "contains", canary("rule's words")),),
        deeds=Deeds(star=True),
    )
    choices.choose_paper(box, key, f"{canary('sender choice')}@else.example", white=True)
    _leave(cast, now)
    be_away(box, now, inside=canary("vacation"), outside=canary("vacation"))
    signature = Wording(canary("signature"), canary("signature"))
    template = Wording(canary("template"), canary("template"))
    return {
        "mailbox": box.pk,
        "folder": folder.slug,
        "thread": message.thread_id,
        "message": message.pk,
        "token": passes.issue(cast.amina.pk),
        "index": 0,
        "link": 0,
        "label": label.pk,
        "job": jobs.begin(List(box, label=label), "read", now=now).pk,
        "rule": rules.add(box, rule, private_key=key).pk,
        "contact": contacts.keep(box, Card(canary("contact"), ("x@else.example",))).pk,
        "group": groups.keep(box, canary("group")).pk,
        "signature": signatures.keep(box, signature, is_for_new=True).pk,
        "template": templates.keep(template, by=cast.amina, mailbox=box, is_shared=False).pk,
        "search": remember(
            box, f"img OR onerror OR {canary('search')}", private_key=key, now=now
        ).pk,
        "choice": SenderChoice.objects.get().pk,
        **_drafts(cast, now),
        "submission": _refused(cast, now).pk,
    }


def _leave(cast: Cast, now: datetime) -> ForwardPermission:
    """Leave to forward outside, for a reason that an officer has typed."""
    until = now + timedelta(days=9)
    return permissions.grant(
        cast.mailbox_of(cast.amina),
        "x@else.example",
        reason=canary("reason of a leave"),
        until=until,
        by=cast.hana,
        now=now,
    )


def _drafts(cast: Cast, now: datetime) -> dict[str, Any]:
    draft = drafting.start(cast.mailbox_of(cast.amina), by=cast.amina, now=now)
    values = {
        "subject": canary("draft"),
        "text": canary("draft"),
        "to": [{"address": "b@else.example", "name": canary("draft")}],
    }
    drafting.save(draft, values, version=draft.version, now=now)
    draft.refresh_from_db()
    file = attach(draft, name=canary("draft's file"), type="text/plain", data=b"x")
    dot = attach_picture(draft, name="dot.png", data=b"\x89PNG\r\n\x1a\n")
    upload = uploads.begin(draft, name=canary("draft's file"), type="", size=10)
    return {"draft": draft.pk, "file": file.id, "number": dot.picture, "upload": upload.pk}


def _refused(cast: Cast, now: datetime) -> Submission:
    """A letter that a gateway has refused in its own words."""
    draft = drafting.start(cast.mailbox_of(cast.amina), by=cast.amina, now=now)
    to = [{"address": "emil@else.example", "name": canary("recipient")}]
    values = {"subject": canary("sent subject"), "text": "x", "to": to}
    drafting.save(draft, values, version=draft.version, now=now)
    draft.refresh_from_db()
    earlier = now - timedelta(seconds=settings.UNDO_SECONDS)
    submission = send(draft, by=cast.amina, now=earlier)
    gateway = FakeGateway(emil=Verdict(550, canary("SMTP words")))
    assert relay(submission, gateways=lambda _agency: [gateway], now=now)
    assert Delivery.objects.get(submission=submission).state == Delivery.State.FAILED
    return submission


def plant_for_officers(cast: Cast, now: datetime) -> dict[str, Any]:
    """What the administration shows besides: a gateway, and an arrival that waits."""
    box = cast.mailbox_of(cast.amina)
    arrival = take_in(
        hostile_letter(),
        sender="a@else.example",
        mailboxes=[box.pk],
        recipients=[],
        now=now,
        nudge=lambda _: None,
    )
    gateway = Gateway.objects.create(
        agency=cast.transport, name=canary("gateway"), host="127.0.0.1"
    )
    group = DistributionList.objects.create(
        agency=cast.transport, address="all@transport.example", name_th=canary("list")
    )
    return {
        "arrival": arrival.pk,
        "gateway": gateway.pk,
        "ticket": _tested(gateway, cast, now),
        "group": group.pk,
        "leave": ForwardPermission.objects.get().pk,
        "key": keys.make(cast.transport.domains.get(), "ed25519-sha256", by=None, now=now).pk,
    }


def _tested(gateway: Gateway, cast: Cast, now: datetime) -> str:
    """A test of a gateway that has answered with markup."""
    ticket = trial.ask(gateway, by=cast.hana, now=now)
    said = f"220 {canary('words of a gateway')}"
    step = {"name": "greeting", "said": "", "answered": said, "seconds": 0.1, "ok": True}
    key = f"gateway-trial:{ticket}"
    cache.set(key, cache.get(key) | {"steps": [step]}, 600)
    return ticket


def sign_in_strangely(cast: Cast) -> tuple[Client, dict[str, Any]]:
    """Amina's browser and network address are canaries too."""
    client = signed_in(cast.amina)
    session = client.session
    strange = {"browser": canary("browser"), "network_address": canary("network address")}
    sessions.begin(session, **strange, now=timezone.now())
    session.save()
    return client, {"session": sessions.of(cast.amina).values_list("public_id", flat=True)[0]}
