"""What a reader decided about a sender: show images of a domain, show an address on white.

Kept sealed; found again by a keyed digest. Images are for a domain that signed the
letter (DKIM), never for a name that anybody can write.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from mailbox.ids import new_id
from mailbox.mime.rendition import Rendition
from mailbox.models import Mailbox, SenderChoice
from mailbox.opening import open_own, seal_own
from mailbox.sealing import keyring, lookup

PURPOSE = "sender-choice"
Kind = SenderChoice.Kind


@dataclass(frozen=True)
class Chosen:
    """The choices that bear on one letter. on_white: None where nothing was chosen."""

    images: bool = False
    on_white: bool | None = None


NOTHING_CHOSEN = Chosen()


@dataclass(frozen=True)
class Listed:
    """A choice as its own page shows it."""

    id: UUID
    kind: str
    name: str
    on_white: bool
    created_at: datetime


def images_domain(rendition: Rendition) -> str:
    """The domain whose images may be shown always: it signed the letter; "" if none did."""
    found = rendition.authentication
    return found.dkim_domain if found.is_signed and not found.has_failed else ""


def paper_address(rendition: Rendition) -> str:
    """Whose letters a choice of paper is for."""
    return rendition.sender.address.lower() if rendition.sender else ""


def chosen_for(
    mailbox: UUID, private_key: bytes, renditions: Iterable[Rendition]
) -> dict[int, Chosen]:
    """The choices on each of these letters, by id() of the rendition; one query for all."""
    wanted: dict[int, tuple[bytes, bytes]] = {}
    for one in renditions:
        if one.html:
            wanted[id(one)] = (
                _digest(mailbox, Kind.IMAGES, images_domain(one)),
                _digest(mailbox, Kind.PAPER, paper_address(one)),
            )
    if not wanted:
        return {}
    digests = [digest for pair in wanted.values() for digest in pair if digest]
    rows = SenderChoice.objects.filter(mailbox=mailbox, digest__in=digests)
    found = {(row.kind, bytes(row.digest)): row for row in rows}
    return {
        key: Chosen(
            (Kind.IMAGES, images) in found, _on_white(found.get((Kind.PAPER, paper)), private_key)
        )
        for key, (images, paper) in wanted.items()
    }


def _on_white(row: SenderChoice | None, private_key: bytes) -> bool | None:
    return None if row is None else bool(_opened(row, private_key)["white"])


def _opened(row: SenderChoice, private_key: bytes) -> dict[str, object]:
    return open_own(bytes(row.sealed_name), private_key, purpose=PURPOSE, row_id=row.pk)


def always_show_images(mailbox: Mailbox, private_key: bytes, domain: str) -> None:
    """Show images of letters signed by this domain, from now on."""
    _remember(mailbox, private_key, Kind.IMAGES, domain, white=False)


def choose_paper(mailbox: Mailbox, private_key: bytes, address: str, *, white: bool) -> None:
    """Show this sender's letters on white, or adapted to the screen, from now on."""
    _remember(mailbox, private_key, Kind.PAPER, address, white=white)


@transaction.atomic
def _remember(mailbox: Mailbox, private_key: bytes, kind: Kind, name: str, *, white: bool) -> None:
    row_id = new_id()
    row = SenderChoice(
        id=row_id,
        mailbox=mailbox,
        kind=kind,
        digest=_digest(mailbox.pk, kind, name),
        sealed_name=seal_own(
            {"name": name, "white": white}, private_key, purpose=PURPOSE, row_id=row_id
        ),
    )
    # The seal is bound to the row's id: a choice made again is a new row.
    SenderChoice.objects.filter(mailbox=mailbox, kind=kind, digest=row.digest).delete()
    row.save(force_insert=True)


def listed(mailbox: Mailbox, private_key: bytes) -> list[Listed]:
    """All choices of a mailbox, by kind and name."""
    found = []
    for row in SenderChoice.objects.filter(mailbox=mailbox):
        value = _opened(row, private_key)
        found.append(
            Listed(row.pk, row.kind, str(value["name"]), bool(value["white"]), row.created_at)
        )
    return sorted(found, key=lambda one: (one.kind, one.name))


def _digest(mailbox: UUID, kind: Kind, name: str) -> bytes:
    if not name:
        return b""
    key = keyring.current().lookup_key
    return lookup.digest(key, mailbox, "sender-choice", f"{kind.value}:{name.lower()}")
