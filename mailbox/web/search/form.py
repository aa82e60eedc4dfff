"""The filter form: it writes operators, in the reader's language, and reads them back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from govmail_portal.dates import BUDDHIST_ERA, Manner
from mailbox.searching import values
from mailbox.searching.query import Field, Node, Not, Query, Words

_THAI = {
    "from": "จาก",
    "to": "ถึง",
    "subject": "เรื่อง",
    "has": "มี",
    "attachment": "ไฟล์แนบ",
    "is": "เป็น",
    "unread": "ยังไม่อ่าน",
    "starred": "ติดดาว",
    "urgent": "ด่วน",
    "in": "ใน",
    "anywhere": "ทุกที่",
    "label": "ป้าย",
    "after": "หลัง",
    "before": "ก่อน",
    "larger": "ใหญ่กว่า",
    "smaller": "เล็กกว่า",
}
_MB = 2**20


@dataclass
class Filter:
    """The fields of the form, as text. size: megabytes; is_larger: or smaller than that."""

    sender: str = ""
    to: str = ""
    subject: str = ""
    words: str = ""
    without: str = ""
    place: str = ""
    state: str = ""
    since: str = ""
    until: str = ""
    size: str = ""
    is_smaller: bool = False
    has_attachment: bool = False

    @classmethod
    def posted(cls, data: Mapping[str, str]) -> Filter:
        """From the fields of a form."""
        texts = {
            name: " ".join(data.get(name, "").split())[:200]
            for name in cls.__dataclass_fields__
            if name not in ("is_smaller", "has_attachment")
        }
        return cls(
            **texts,
            is_smaller=data.get("compare") == "smaller",
            has_attachment=bool(data.get("has_attachment")),
        )

    def written(self, manner: Manner, today: date) -> str:
        """The query of the form. A value that cannot be read stays as it is: the results say so."""
        parts = [self.words]
        for name, value in (("from", self.sender), ("to", self.to), ("subject", self.subject)):
            parts.append(_operator(name, value, manner))
        parts += [f"-{_quoted(word)}" for word in _words(self.without)]
        if self.has_attachment:
            parts.append(_operator("has", _word("attachment", manner), manner))
        parts.append(_operator("is", _word(self.state, manner), manner))
        place, _colon, name = self.place.partition(":")
        parts.append(
            _operator(place, name, manner)
            if place in ("in", "label")
            else _operator("in", _word(self.place, manner), manner)
        )
        parts.append(_operator("after", _day(self.since, manner, today), manner))
        parts.append(_operator("before", _day(self.until, manner, today, later=1), manner))
        if self.size:
            size = f"{self.size}MB" if re.fullmatch(r"[\d๐-๙.]+", self.size) else self.size
            parts.append(_operator("smaller" if self.is_smaller else "larger", size, manner))
        return " ".join(part for part in parts if part)


def filter_of(query: Query, manner: Manner) -> Filter:
    """The form as it would be filled in for a query; what has no field stays among the words."""
    found, rest = Filter(), []
    for one in query.root.children:
        if not _filled(found, one, manner):
            rest.append(str(one))
    found.words = " ".join(rest)
    return found


def _filled(form: Filter, node: Node, manner: Manner) -> bool:
    """Put a node into its field, if there is one and it is free."""
    match node:
        case Not(Words() as word):
            form.without = f"{form.without} {word}".strip()
            return True
        case Field("has", "attachment"):
            form.has_attachment = True
            return True
        case Field("from", str(value)) if not form.sender:
            form.sender = value
            return True
        case Field("to" | "subject" as name, str(value)) if not getattr(form, name):
            setattr(form, name, value)
            return True
        case Field("is", "unread" | "starred" | "urgent" as value) if not form.state:
            form.state = value
            return True
    return _filled_with_figures(form, node, manner)


def _filled_with_figures(form: Filter, node: Node, manner: Manner) -> bool:
    match node:
        case Field("after", values.Days(first=first)) if not form.since:
            form.since = _shown(first, manner)
        case Field("before", values.Days(first=first)) if not form.until:
            form.until = _shown(first - timedelta(days=1), manner)
        case Field("larger" | "smaller" as name, int(size)) if not form.size and size % _MB == 0:
            form.size, form.is_smaller = str(size // _MB), name == "smaller"
        case Field("in" | "label" as name, str(value)) if not form.place:
            form.place = f"{name}:{value}"
        case _:
            return False
    return True


def _operator(name: str, value: str, manner: Manner) -> str:
    return f"{_word(name, manner)}:{_quoted(value)}" if value else ""


def _word(name: str, manner: Manner) -> str:
    return _THAI.get(name, name) if manner.language == "th" else name


def _quoted(value: str) -> str:
    value = re.sub(r"[\"“”]", " ", value).strip()
    return value if re.fullmatch(r"[^\s():-][^\s():]*", value) else f'"{value}"'


def _words(text: str) -> list[str]:
    """Words and quoted words."""
    found = re.findall(r"[\"“”]([^\"“”]+)[\"“”]|([^\s\"“”]+)", text)
    return [(quoted or word).lstrip("-") for quoted, word in found if (quoted or word).strip("-")]


def _day(text: str, manner: Manner, today: date, *, later: int = 0) -> str:
    """A day as an operator takes it; `later` days added, to count the day named in."""
    read = values.days(text, today) if text else None
    if read is None:
        return text
    return _shown((read.last if later else read.first) + timedelta(days=later), manner)


def _shown(day: date, manner: Manner) -> str:
    """1/1/2569, or 2026-01-01."""
    if manner.language != "th" or manner.christian_era:
        return day.isoformat()
    return f"{day.day}/{day.month}/{day.year + BUDDHIST_ERA}"
