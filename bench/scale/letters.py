"""Letters for a mailbox of any size: sentences of the demo, and planted words of known number.

A letter is made from its number alone, so that processes side by side make different ones
and two runs make the same.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

from mailbox.demo.threads import conversations
from mailbox.mime.rendition import Address, Rendition

SENDERS = 300


@dataclass(frozen=True)
class Planted:
    """Words that stand in every letter whose number leaves `rest` when divided by `step`."""

    words: str
    step: int
    rest: int

    def is_in(self, number: int) -> bool:
        return number % self.step == self.rest


PLANTED = (
    Planted("ปลาตะเพียนทอง", 20_000, 7),
    Planted("งบประมาณ", 3, 0),
    Planted("ทางยกระดับ", 50, 1),
    Planted("ประตูระบายน้ำ", 70, 1),
    Planted("แผนเผชิญเหตุ ประจำฤดูฝน", 5_000, 11),
    Planted("ผู้ว่าราชการจังหวัดเชียงราย", 200, 3),
)
# Each kind of search, as somebody would type it.
SEARCHES = {
    "rare": "ปลาตะเพียนทอง",
    "frequent": "งบประมาณ",
    "two words": "ทางยกระดับ ประตูระบายน้ำ",
    "phrase": '"แผนเผชิญเหตุ ประจำฤดูฝน"',
    "Thai inner word": "ราชการจังหวัด",
    "from": "from:sender041",
    "absent": "ปลากระเบนราหู",
}


@cache
def _sentences() -> tuple[str, ...]:
    return tuple(
        line
        for told in conversations()
        for turn in told.turns
        for line in turn.text.splitlines()
        if 40 < len(line) < 300 and "{" not in line
    )


@cache
def _subjects() -> tuple[str, ...]:
    return tuple(told.subject for told in conversations())


def rendition(number: int, *, size: int = 0) -> Rendition:
    """Letter number so and so, about 700 bytes of text, or at least `size` bytes."""
    chance = random.Random(number)  # noqa: S311  # no secret: the same letter each time
    lines = chance.choices(_sentences(), k=3)
    lines += [f"เรื่อง{one.words}ที่แจ้งมา" for one in PLANTED if one.is_in(number)]
    text = "\n\n".join(lines)
    while len(text.encode()) < size:
        text += "\n\n" + chance.choice(_sentences())
    who = number * 7 % SENDERS
    return Rendition(
        subject=f"{chance.choice(_subjects())} ที่ {number}",
        senders=(Address(f"ผู้ส่งคนที่ {who}", f"sender{who:03d}@outside.test"),),
        to=(Address("", "someone@bench.test"),),
        message_id=f"scale-{number}@outside.test",
        text=text,
        raw_length=len(text.encode()),
    )
