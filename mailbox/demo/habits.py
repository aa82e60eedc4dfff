"""What the demo's officials have beside their mail: labels, folders, stationery, contacts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from accounts.models import Account
from mailbox import opening
from mailbox.addressbook import contacts, groups
from mailbox.addressbook.card import Card
from mailbox.demo.outsiders import STRANGERS
from mailbox.models import Folder, Mailbox
from mailbox.outbound.stationery import signatures, templates
from mailbox.outbound.stationery.wording import Wording
from mailbox.reading import folders, labels, sorting
from mailbox.reading.deeds import snoozing

LABELS = (("มติคณะรัฐมนตรี", 2), ("งบประมาณ 2570", 3), ("ประชุมกอง", 4))
FOLDERS = ("โครงการเชื่อมโยงข้อมูล", "คณะทำงานชุดเล็ก")
TEMPLATES = (
    (
        "ตอบรับการประชุม",
        "แจ้งการเข้าร่วมประชุม",
        "เรียน ฝ่ายเลขานุการ\n\nข้าพเจ้าขอเข้าร่วมประชุมตามวันและเวลาที่แจ้ง\n",
        False,
    ),
    (
        "ขอข้อมูลเพิ่มเติม",
        "ขอข้อมูลเพิ่มเติม",
        "เรียน ผู้เกี่ยวข้อง\n\nเพื่อประกอบการพิจารณา ขอความอนุเคราะห์ข้อมูลเพิ่มเติมภายในห้าวันทำการ\n",
        True,
    ),
)


def furnish(box: Mailbox, owner: Account, rows: Sequence[UUID], *, now: datetime) -> None:
    """Give a mailbox what its owner has made by hand. rows: the inbox, newest first."""
    key = opening.mailbox_key(box)
    for number, (name, colour) in enumerate(LABELS):
        label = labels.create(box, name, key, colour=colour)
        labels.put(box, rows[number + 1 :: 5][:3], label)
    parent = folders.create(box, FOLDERS[0])
    folders.create(box, FOLDERS[1], parent=parent)
    inbox = Folder.objects.get(mailbox=box, kind=Folder.Kind.INBOX)
    if len(rows) > 12:
        sorting.move(inbox, rows[9:11], to=parent, now=now)
        until = snoozing.moments(now)["tomorrow"]
        snoozing.snooze(inbox, rows[8:9], until=until, now=now)
    signature = Wording(name="ราชการ", text=f"{owner.name}\n{owner.post}\n{owner.agency.name}")
    signatures.keep(box, signature, is_for_new=True, is_for_answers=True)
    _address_book(box)


def share_templates(box: Mailbox, author: Account) -> None:
    """One ready-made letter of one's own, and one for the office."""
    for name, subject, text, is_shared in TEMPLATES:
        wording = Wording(name=name, subject=subject, text=text)
        templates.keep(wording, by=author, mailbox=box, is_shared=is_shared)


def _address_book(box: Mailbox) -> None:
    strangers = [who for people in STRANGERS.values() for who in people]
    for who in strangers:
        contacts.keep(box, Card(name=who.name, addresses=(who.address,)))
    group = groups.keep(box, "คณะทำงานภายนอก")
    groups.add_addresses(group, [who.address for who in strangers[:3]])
