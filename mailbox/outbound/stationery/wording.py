"""What somebody writes once and uses often: a name, a text, and markup made safe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mailbox.errors import StationeryTooLong
from mailbox.mime.addresses import CONTROLS
from mailbox.mime.plaintext import html_to_text, text_to_html
from mailbox.mime.safe_html import SafeHtml
from mailbox.mime.sanitise import sanitise

LONGEST_NAME = 100
LONGEST_SUBJECT = 500
LONGEST_TEXT = 20_000
LONGEST_HTML = 200_000


@dataclass(frozen=True)
class Wording:
    """html is empty where its author wrote plain text; text is there in any case."""

    name: str
    text: str
    subject: str = ""
    html: SafeHtml = field(default_factory=SafeHtml.empty)

    @property
    def markup(self) -> SafeHtml:
        """For a letter with markup, also where only text was written."""
        return self.html or text_to_html(self.text)

    @classmethod
    def typed(cls, values: Mapping[str, str]) -> Wording:
        """Read a form: name, subject, text, html (the editor's, sanitised here).

        StationeryTooLong. A missing name is the first words of the text.
        """
        raw = values.get("html", "")
        text = values.get("text", "").replace("\r\n", "\n").strip("\n")
        if len(raw) > LONGEST_HTML or len(text) > LONGEST_TEXT:
            raise StationeryTooLong
        html = sanitise(raw)[0] if raw.strip() else SafeHtml.empty()
        if html:
            text = html_to_text(html.for_frame()).strip("\n")
        if not text.strip():
            html = SafeHtml.empty()
        name = _line(values.get("name", ""), LONGEST_NAME) or _line(text, 40)
        return cls(name, text, _line(values.get("subject", ""), LONGEST_SUBJECT), html)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "text": self.text,
            "subject": self.subject,
            "html": self.html.to_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Wording:
        """What `to_json` gave, after its seal has been checked."""
        html = SafeHtml.from_json(value["html"])
        return cls(value["name"], value["text"], value["subject"], html)


def _line(text: str, longest: int) -> str:
    return " ".join(CONTROLS.sub(" ", text).split())[:longest]
