"""What the compose page shows, and how what comes back from it is read.

The page answers in two ways: as a plain form, and as JSON from its scripts. Both
become the same values for `Body.typed`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import BadRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account, AgencyDomain
from accounts.people import directory
from govmail_portal import dates
from mailbox import opening
from mailbox.mime.addresses import domain_of, header_form
from mailbox.mime.plaintext import html_to_text
from mailbox.mime.rendition import Address
from mailbox.models import Draft, MailboxAddress
from mailbox.outbound import drafting
from mailbox.outbound.body import Body, Recipient
from mailbox.outbound.composing import uploads
from mailbox.outbound.composing.senders import Choice, choices
from mailbox.outbound.enclosures import Enclosure, enclosures
from mailbox.web.requests import PortalRequest, manner_of
from mailbox.web.writing.leaving import Leaving, leaving, send_at_of
from mailbox.web.writing.stationery import ReadyText, ready_texts

URGENCIES: tuple[tuple[int, str | Promise], ...] = (
    (0, gettext_lazy("Ordinary")),
    (1, gettext_lazy("Urgent")),
    (2, gettext_lazy("Very urgent")),
    (3, gettext_lazy("Most urgent")),
)
LINES = (("to", gettext_lazy("To")), ("cc", gettext_lazy("Cc")), ("bcc", gettext_lazy("Bcc")))


@dataclass(frozen=True)
class Line:
    """A line of recipients: `text` for the plain form, `people` (JSON) for the scripts."""

    name: str
    label: str
    text: str
    people: str


@dataclass(frozen=True)
class File:
    """An attached file as the page shows it."""

    id: UUID
    name: str
    size: int
    size_text: str
    remove_url: str


@dataclass(frozen=True)
class Unfinished:
    """A file that stopped half-way; choosing it again goes on with it."""

    name: str
    size: int
    share: int
    url: str


@dataclass(frozen=True)
class Page:
    """Everything `mailbox/compose/write.html` needs."""

    draft: Draft
    body: Body
    text: str
    lines: tuple[Line, ...]
    files: tuple[File, ...]
    sender: directory.FoundPerson
    senders: tuple[Choice, ...]
    title: str
    saved_at: str
    file_limit: int
    file_limit_text: str
    quote_lines: int
    kept_apart: bool
    is_rich: bool
    leaving: Leaving
    unfinished: tuple[Unfinished, ...]
    picture_bytes: int
    forced: str
    ready_texts: tuple[ReadyText, ...]
    find_url: str
    urgencies: tuple[tuple[int, str | Promise], ...] = URGENCIES

    @property
    def is_on_behalf(self) -> bool:
        """Whether it would be sent under both names."""
        return any(one.is_chosen and one.on_behalf for one in self.senders)


def find_draft(request: PortalRequest, draft: UUID) -> Draft:
    """The draft with its mailbox, for somebody who may write in it; else 404."""
    drafts = Draft.objects.writable_by(request.user).select_related(
        "submission",
        "mailbox__account__agency",
        "mailbox__account__official",
        "mailbox__account__position",
    )
    return get_object_or_404(drafts, pk=draft)


def page_of(request: PortalRequest, draft: Draft) -> Page:
    """Open a draft for its page."""
    private_key = opening.mailbox_key(draft.mailbox)
    key = drafting.draft_key(draft, private_key)
    body = drafting.open_draft(draft, key)
    known = described(body)
    manner = manner_of(request)
    was_saved = draft.version > 1
    attached = enclosures(draft, key)
    is_blank = not body.is_rich and not body.text
    owner = _owner(draft, request.user)
    is_rich = body.is_rich or (is_blank and not request.user.writes_plain)
    return Page(
        draft=draft,
        body=body,
        text=html_to_text(body.html.for_frame()) if body.is_rich else body.text,
        lines=tuple(_line(name, str(label), body, known) for name, label in LINES),
        files=tuple(
            file_of(request, draft, one) for one in attached if not (one.picture and is_rich)
        ),
        sender=person_of(owner),
        senders=tuple(choices(draft, request.user, on_behalf=body.on_behalf)),
        title=body.subject or str(_("New letter")),
        saved_at=dates.clock(draft.updated_at, manner) if was_saved else "",
        file_limit=settings.ATTACHMENT_LIMIT,
        file_limit_text=dates.size(settings.ATTACHMENT_LIMIT, manner),
        quote_lines=body.quote.text.count("\n") + 1 if body.quote else 0,
        kept_apart="apart" in request.GET,
        is_rich=is_rich,
        leaving=leaving(body.send_at, timezone.now(), manner),
        unfinished=_unfinished(draft, key),
        picture_bytes=sum(one.size for one in attached if one.picture and is_rich),
        forced=owner.agency.forced_signature.strip(),
        ready_texts=ready_texts(request.user, draft.mailbox, private_key),
        find_url=_find_url(),
    )


def _owner(draft: Draft, reader: Account) -> Account:
    """Whose mailbox the draft is in; the reader where it is theirs, whose names are known."""
    account = draft.mailbox.account
    return reader if account is None or account == reader else account


def _unfinished(draft: Draft, key: bytes) -> tuple[Unfinished, ...]:
    return tuple(
        Unfinished(
            name,
            upload.size,
            100 * upload.received // max(1, upload.size),
            reverse("mailbox:draft-upload", args=[draft.pk, upload.pk]),
        )
        for upload, name in uploads.unfinished(draft, key)
    )


def _find_url() -> str:
    """Where the scripts look people up: the directory with own contacts and groups."""
    return reverse("mailbox:find-people")


def _line(name: str, label: str, body: Body, known: Mapping[str, Any]) -> Line:
    people: tuple[Recipient, ...] = getattr(body, name)
    text = ", ".join(who if isinstance(who, str) else header_form(who) for who in people)
    groups = {address: group for group, members in body.groups.items() for address in members}
    told = [_told(who, known) for who in people]
    for one in told:
        if group := groups.get(one["address"].lower()):
            one["group"] = group
    return Line(name, label, text, json.dumps(told, ensure_ascii=False))


def _told(who: Recipient, known: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(who, str):
        return {"name": "", "address": who, "external": False}
    told = known.get(who.address.lower(), {})
    return {**told, "address": who.address, "name": who.name or told.get("name", "")}


def people_of(body: Body) -> list[dict[str, Any]]:
    """Everybody a draft is to, as the scripts want them: who they are, inside or outside."""
    known = described(body)
    return [_told(who, known) for who in (*body.to, *body.cc, *body.bcc)]


def described(body: Body) -> dict[str, dict[str, Any]]:
    """What the directory knows of a draft's recipients, by address in lower case.

    external: neither in the directory nor in a domain of the state.
    """
    people = (*body.to, *body.cc, *body.bcc)
    addresses = {who.address.lower() for who in people if isinstance(who, Address)}
    found = in_directory(addresses)
    state = set(
        AgencyDomain.objects.filter(domain__in={domain_of(one) for one in addresses}).values_list(
            "domain", flat=True
        )
    )
    return {
        one: {**found[one].as_json(), "external": False}
        if one in found
        else {"external": domain_of(one) not in state}
        for one in addresses
    }


def in_directory(addresses: Iterable[str]) -> dict[str, directory.FoundPerson]:
    """People of the directory by any address of their mailbox."""
    owners = dict(
        MailboxAddress.objects.filter(address__in=list(addresses)).values_list(
            "address", "mailbox__account_id"
        )
    )
    accounts = Account.objects.active().filter(pk__in=set(owners.values()))
    people = {account.pk: person_of(account) for account in directory.listed(accounts)}
    return {address: people[pk] for address, pk in owners.items() if pk in people}


def person_of(account: Account) -> directory.FoundPerson:
    """One account as a line of the directory."""
    agency = account.agency
    return directory.FoundPerson(
        account.name, account.post, agency.name, agency.tile, account.address
    )


def file_of(request: PortalRequest, draft: Draft, file: Enclosure) -> File:
    """An attached file as the page shows it."""
    url = reverse("mailbox:draft-file-remove", args=[draft.pk, file.id])
    return File(file.id, file.name, file.size, dates.size(file.size, manner_of(request)), url)


# --- What comes back ------------------------------------------------------


def is_script(request: PortalRequest) -> bool:
    """Whether the page's scripts are asking; the plain form wants a page instead."""
    return "application/json" in request.headers.get("Accept", "")


def submitted(request: PortalRequest, draft: Draft) -> tuple[dict[str, Any], int]:
    """Return the values for `Body.typed` and the version they were typed on."""
    if request.content_type == "application/json":
        return _from_json(request.body)
    return _from_form(request, draft)


def _from_json(content: bytes) -> tuple[dict[str, Any], int]:
    try:
        value = json.loads(content)
        body, version = dict(value["body"]), int(value.get("version", 0))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BadRequest from None
    if not all(isinstance(body.get(name, []), list) for name, _label in LINES):
        raise BadRequest
    return body, version


def _from_form(request: PortalRequest, draft: Draft) -> tuple[dict[str, Any], int]:
    fields = request.POST
    values: dict[str, Any] = {name: [fields.get(name, "")] for name, _label in LINES}
    values |= {name: fields[name] for name in ("subject", "urgency", "from") if name in fields}
    if "when" in fields:  # a page of this form has a box for the receipt too
        values |= {"send_at": send_at_of(fields), "asks_receipt": "asks_receipt" in fields}
    if fields.get("has_quote"):
        values["keep_quote"] = "keep_quote" in fields
    version = fields.get("version", "")
    values |= _text_of(fields.get("text", ""), draft)
    is_number = version.isascii() and version.isdigit() and len(version) < 10
    return values, int(version) if is_number else 0


def _text_of(text: str, draft: Draft) -> dict[str, str]:
    """A formatted letter that was only looked at in the plain field keeps its format."""
    text = text.replace("\r\n", "\n")
    html = drafting.open_draft(draft).html
    if html and text.strip() == html_to_text(html.for_frame()).strip():
        return {}
    return {"text": text, "html": ""}
