"""Text files: plain, tables of values, HTML."""

from __future__ import annotations

import codecs

from mailbox.mime.charsets import decode
from mailbox.mime.extracting.gathering import Gathering
from mailbox.mime.extracting.kinds import utf_16
from mailbox.mime.parts.bodies import charset_of_html
from mailbox.mime.plaintext import html_to_text


def read_plain(data: bytes, gathering: Gathering) -> None:
    """The text as it stands, in whatever charset it is."""
    gathering.add(decoded(data))


def read_html(data: bytes, gathering: Gathering) -> None:
    """The words of markup, without scripts and styles."""
    charset = charset_of_html(data)
    text = decode(data, charset)[0] if charset and not utf_16(data) else decoded(data)
    gathering.add(html_to_text(text))


def decoded(data: bytes) -> str:
    """Text without a label: UTF-16 by its look, UTF-8, windows-874. It may be cut at its end."""
    wide = utf_16(data)
    for codec in [wide] if wide else ["utf-8", "cp874"]:
        try:
            return codecs.getincrementaldecoder(codec)().decode(data, final=False)
        except UnicodeDecodeError:
            continue
    return decode(data, "utf-8")[0]
