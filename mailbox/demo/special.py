"""Letters that show what a reader is helped with: invitations, receipts, doubtful senders.

Written by hand, as other programs write them. What our own MTA found out about a
sender stands in Authentication-Results (RFC 8601), as it does behind a real one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr
from html import escape

from django.conf import settings

from mailbox.mime.rendition import Address

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Special:
    """One letter: its return path, the message, to how many officials, how long ago."""

    sender: str
    raw: bytes
    every: int
    ago: timedelta


def verdict(domain: str, *, passed: bool = True) -> str:
    """The header our MTA puts on top of a message from a domain."""
    word = "pass" if passed else "fail"
    return (
        f"{settings.AUTHSERV_ID}; spf={word} smtp.mailfrom={domain}; "
        f"dkim={word} header.d={domain}; dmarc={word} header.from={domain}"
    )


def letters(now: datetime) -> Iterator[Special]:
    """All of them, the oldest first; now is aware."""
    for letter, hours in (
        (_invitation, 30),
        (_asks_receipt, 26),
        (_pictures, 21),
        (_doubtful_links, 9),
        (_look_alike, 5),
    ):
        yield letter(now - hours * _HOUR, now)


def _begin(sender: Address, subject: str, at: datetime, *, passed: bool = True) -> EmailMessage:
    domain = sender.address.partition("@")[2]
    mail = EmailMessage(policy=SMTP)
    mail["Authentication-Results"] = verdict(domain, passed=passed)
    mail["From"] = formataddr((sender.name, sender.address))
    mail["To"] = "undisclosed-recipients:;"
    mail["Subject"] = subject
    mail["Date"] = at
    mail["Message-ID"] = f"<{at:%Y%m%d%H%M}.{sender.address.partition('@')[0]}@{domain}>"
    return mail


def _special(mail: EmailMessage, sender: Address, every: int, span: timedelta) -> Special:
    return Special(sender.address, mail.as_bytes(), every, span)


def _invitation(at: datetime, now: datetime) -> Special:
    sender = Address("สำนักงานสภามหาวิทยาลัย", "council@university.example")
    mail = _begin(sender, "ขอเชิญประชุมคณะทำงานเชื่อมโยงข้อมูล ครั้งที่ 4", at)
    mail.set_content(
        "เรียน คณะทำงานทุกท่าน\n\nขอเชิญประชุมตามวัน เวลา และสถานที่ในคำเชิญที่แนบมา "
        "โปรดแจ้งการเข้าร่วมภายในวันก่อนประชุม\n\nฝ่ายเลขานุการคณะทำงาน\n"
    )
    begin = (now + timedelta(days=6)).astimezone(UTC).replace(hour=2, minute=30, second=0)
    calendar = "\r\n".join(
        [
            "BEGIN:VCALENDAR",
            "PRODID:-//university.example//calendar//TH",
            "VERSION:2.0",
            "METHOD:REQUEST",
            "BEGIN:VEVENT",
            f"UID:meeting-4-{at:%Y%m%d}@university.example",
            f"DTSTAMP:{at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            f"DTSTART:{begin:%Y%m%dT%H%M%SZ}",
            f"DTEND:{begin + timedelta(hours=3):%Y%m%dT%H%M%SZ}",
            "SUMMARY:ประชุมคณะทำงานเชื่อมโยงข้อมูล ครั้งที่ 4",
            "LOCATION:ห้องประชุม 2 ชั้น 5 อาคารอำนวยการ",
            "DESCRIPTION:วาระ 1 รับรองรายงานครั้งที่ 3 วาระ 2 แผนทดสอบระบบ",
            f"ORGANIZER;CN={sender.name}:mailto:{sender.address}",
            "SEQUENCE:0",
            "STATUS:CONFIRMED",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
    )
    mail.add_alternative(calendar, subtype="calendar", params={"method": "REQUEST"})
    return _special(mail, sender, 2, now - at)


def _asks_receipt(at: datetime, now: datetime) -> Special:
    sender = Address("Margit Lindqvist", "m.lindqvist@partner.example")
    mail = _begin(sender, "Signed copy of the memorandum", at)
    mail["Disposition-Notification-To"] = formataddr((sender.name, sender.address))
    mail.set_content(
        "Dear colleagues,\n\nthe signed copy has left our office today. Would you confirm that "
        "you have seen this message? A short answer is enough.\n\nMargit Lindqvist\n"
    )
    return _special(mail, sender, 3, now - at)


def _pictures(at: datetime, now: datetime) -> Special:
    sender = Address("ศูนย์ข่าวภูมิภาค", "news@region-news.example")
    mail = _begin(sender, "ข่าวภาพประจำสัปดาห์จากภูมิภาค", at)
    mail["List-Id"] = "<weekly.region-news.example>"
    stories = ["ตลาดนัดชุมชนริมน้ำเปิดครบปี", "โรงเรียนบนดอยได้ห้องสมุดใหม่", "สะพานข้ามคลองซ่อมเสร็จก่อนกำหนด"]
    mail.set_content("\n\n".join(stories) + "\n")
    cells = "".join(
        f'<p style="font-size:17px">{escape(story)}</p>'
        f'<img src="https://region-news.example/{number}.jpg" width="480" height="200" alt="">'
        for number, story in enumerate(stories, 1)
    )
    pixel = '<img src="https://region-news.example/seen.gif" width="1" height="1" alt="">'
    mail.add_alternative(f"<div>{cells}{pixel}</div>", subtype="html")
    return _special(mail, sender, 2, now - at)


def _doubtful_links(at: datetime, now: datetime) -> Special:
    sender = Address("ฝ่ายบริการผู้ใช้", "service@account-check.example")
    mail = _begin(sender, "โปรดยืนยันพื้นที่กล่องจดหมายของท่าน", at)
    mail.set_content("พื้นที่กล่องจดหมายของท่านใกล้เต็ม โปรดยืนยันที่ https://mail.portal.example/\n")
    mail.add_alternative(
        "<p>พื้นที่กล่องจดหมายของท่านใกล้เต็ม โปรดยืนยันที่ "
        '<a href="http://192.0.2.7/login">https://mail.portal.example/</a> '
        'หรือ <a href="https://xn--80ak6aa92e.example/">เว็บไซต์บริการ</a></p>',
        subtype="html",
    )
    return _special(mail, sender, 2, now - at)


def _look_alike(at: datetime, now: datetime) -> Special:
    # One letter away from the cabinet secretariat's own domain in this demo.
    sender = Address("สำนักเลขาธิการคณะรัฐมนตรี", "saraban@s0c.example")
    mail = _begin(sender, "ด่วน โปรดโอนค่าลงทะเบียนประชุมวันนี้", at, passed=False)
    mail["Reply-To"] = "paweena.office@free-mail.example"
    mail.set_content("เรียน ท่านผู้เกี่ยวข้อง\n\nโปรดโอนค่าลงทะเบียนภายในวันนี้ และส่งหลักฐานมาที่ที่อยู่ตอบกลับ\n")
    return _special(mail, sender, 2, now - at)
