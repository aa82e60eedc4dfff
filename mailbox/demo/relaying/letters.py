"""The demo's letters to the outside, each with what its gateway says: one for every state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from mailbox.demo.post import Letter
from mailbox.mime.rendition import Address
from mailbox.smtp.verdicts import Reason, Verdict, because, from_reply

_YES = from_reply(250, "2.0.0 Ok: queued as 4C0F1A2B")
_LATER = from_reply(451, "4.7.1 Greylisting in effect, please come back later")
_NOBODY = from_reply(550, "5.1.1 User unknown in local recipient table")
_FULL = from_reply(452, "4.2.2 The mailbox is over its quota")
_SILENT = from_reply(451, "4.4.1 Connection to the next server timed out")
_DOUBT = because(Reason.LOST_AFTER, in_doubt=True)
_AWAY = because(Reason.UNREACHABLE)

# Their local parts are those that the demo's gateways answer in the same way later on.
_UNIVERSITY = Address("สำนักงานสภามหาวิทยาลัย", "later@university.example")
_FORMER = Address("ดร.ปราณี สุวรรณ", "pranee.s@university.example")
_BOARD = Address("Board secretariat", "board@partner.example")
_AUDIT = Address("Rohan Mehta", "rohan@audit.example")
_TOWN = Address("ธันวา ขจรไกล", "thanwa@municipality.example")
_GONE = Address("ฝ่ายประสานงาน", "refused@municipality.example")
_DISTRICT = Address("นายกเทศมนตรี", "later@district.example")
_CLUB = Address("ชมรมข้าราชการบำนาญ", "later@pension-club.example")


@dataclass(frozen=True)
class Fate:
    """A letter of `login` that was sent so long `ago`.

    said: the gateway's answer to each address outside, each time. report: what the next server
    reports of an address minutes after the gateway has taken the letter. leaves_in: it waits
    for its author's own moment. is_called_back: its author did, in time.
    """

    login: str
    ago: timedelta
    letter: Letter
    said: Mapping[str, Verdict] = field(default_factory=dict)
    report: tuple[str, str, str] | None = None
    leaves_in: timedelta | None = None
    is_called_back: bool = False


def fates(colleague: Address) -> Sequence[Fate]:
    """All of them, the oldest first. colleague: somebody inside, for a letter to several."""
    return (*_never_arrived(), *_on_their_way(colleague), *_well())


def _never_arrived() -> Sequence[Fate]:
    return (
        Fate(
            "wiphada.c",
            timedelta(days=6, hours=2),
            _letter("แบบสำรวจผู้ใช้จดหมายเอกชน", _SURVEY, _CLUB),
            {_CLUB.address: _SILENT},
        ),
        Fate(
            "wiphada.c",
            timedelta(hours=27),
            _letter("ขอเชิญเป็นวิทยากรเรื่องจดหมายของรัฐ", _INVITED, _FORMER),
            {_FORMER.address: _YES},
            report=(_FORMER.address, "5.2.1", "550 5.2.1 This mailbox has been closed"),
        ),
    )


def _on_their_way(colleague: Address) -> Sequence[Fate]:
    return (
        Fate(
            "wiphada.c",
            timedelta(hours=9),
            _letter("รายชื่อผู้ประสานงานเชื่อมโยงข้อมูล", _NAMES, _UNIVERSITY),
            {_UNIVERSITY.address: _LATER},
        ),
        Fate(
            "wiphada.c",
            timedelta(hours=5),
            _letter("สรุปผลประชุมคณะทำงาน ครั้งที่ 3", _SUMMARY, colleague, _TOWN, _GONE, _UNIVERSITY),
            {_TOWN.address: _YES, _GONE.address: _NOBODY, _UNIVERSITY.address: _FULL},
        ),
        # So long ago that its next try is an hour away: the demo's gateway will take it.
        Fate(
            "wiphada.c",
            timedelta(hours=1, minutes=40),
            _letter("Terms of reference for the joint board", _TERMS, _BOARD),
            {_BOARD.address: _DOUBT},
        ),
        Fate(
            "somchai.t",
            timedelta(hours=1, minutes=35),
            _letter("รายงานสถานการณ์น้ำประจำวัน", _WATER, _DISTRICT, urgency=3),
            {_DISTRICT.address: _AWAY},
        ),
    )


def _well() -> Sequence[Fate]:
    return (
        Fate(
            "wiphada.c",
            timedelta(minutes=52),
            _letter("Answers to the audit's questions", _ANSWERS, _AUDIT),
            {_AUDIT.address: _YES},
        ),
        Fate(
            "wiphada.c",
            timedelta(minutes=14),
            _letter("เชิญชวนใช้ระบบจดหมายกลาง", _INVITED, _TOWN),
            leaves_in=timedelta(hours=20),
        ),
        Fate(
            "wiphada.c",
            timedelta(minutes=4),
            _letter("ร่างบันทึกข้อตกลง ฉบับแก้ไข", _NAMES, _BOARD),
            is_called_back=True,
        ),
    )


def _letter(subject: str, text: str, *to: Address, urgency: int = 0) -> Letter:
    return Letter(to=to, subject=subject, text=text, urgency=urgency)


_SURVEY = "เรียน ประธานชมรม\n\nขอความร่วมมือตอบแบบสำรวจการใช้จดหมายของเอกชนในงานราชการ ภายในสิ้นเดือนนี้\n"
_INVITED = "เรียน ท่านอาจารย์\n\nขอเรียนเชิญบรรยายเรื่องจดหมายอิเล็กทรอนิกส์ภาครัฐ ตามกำหนดการที่แนบ\n"
_NAMES = "เรียน ฝ่ายเลขานุการ\n\nขอส่งรายชื่อผู้ประสานงานของสำนักเลขาธิการคณะรัฐมนตรี จำนวน 3 คน\n"
_SUMMARY = "เรียน ทุกท่าน\n\nขอส่งสรุปผลการประชุมคณะทำงาน ครั้งที่ 3 หากมีข้อแก้ไขโปรดแจ้งภายในสามวันทำการ\n"
_TERMS = "Dear colleagues,\n\nplease find below the terms of reference as agreed last week.\n"
_WATER = "เรียน นายกเทศมนตรี\n\nระดับน้ำเช้านี้สูงกว่าเมื่อวาน 12 เซนติเมตร โปรดเตรียมการตามแผน\n"
_ANSWERS = (
    "Dear Rohan,\n\nthe answers to questions 4 to 9 follow; the figures are those of October.\n"
)
