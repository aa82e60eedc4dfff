"""Put the files of a winmail.dat among a message's attachments, in place of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailbox.mime.charsets import body
from mailbox.mime.parts.attachments import TYPES_BY_ENDING, Table, decoded
from mailbox.mime.parts.structure import Part
from mailbox.mime.parts.tnef import SIGNATURE, File, Unpacked, unpack
from mailbox.mime.plaintext import MAX_TEXT, html_to_text
from mailbox.mime.sanitise import sanitise

_TYPES = ("application/ms-tnef", "application/vnd.ms-tnef", "application/x-tnef")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,64}")


@dataclass(frozen=True)
class Unwrapped:
    """What else was in it: text for a message that has none, and a note for the reader."""

    text: str = ""
    note: str = ""


def is_winmail(part: Part) -> bool:
    """Whether a part says it is TNEF, by its type or by the name Outlook gives it."""
    name = part.disposition.parameters.get("filename") or part.parameters.get("name") or ""
    return part.type in _TYPES or name.lower() == "winmail.dat"


def unwrap(raw: bytes, part: Part, table: Table, *, wants_text: bool) -> Unwrapped:
    """Take its files up instead of itself; itself too if not all of it could be read.

    wants_text: the message has no body, so the one in here is it.
    """
    data = decoded(raw, part)
    found = unpack(data) if data.startswith(SIGNATURE) else Unpacked(is_whole=False)
    text = _text_of(found) if wants_text else ""
    files = found.files
    if wants_text and not text and found.rtf:
        files = [*files, File(name="message.rtf", type="application/rtf", data=found.rtf)]
    for file in files:
        table.add_file(file.name, type_of(file), file.data, file.cid)
    if found.is_whole:
        return Unwrapped(text, "tnef-unpacked" if files else "")
    table.add(part, inline=False)
    return Unwrapped(text, "tnef-partly" if files or text else "")


def type_of(file: File) -> str:
    """The type the sender names, if it is one, else what the name's ending says."""
    if _TYPE.fullmatch(file.type) and not file.type.startswith("multipart/"):
        return file.type
    ending = file.name.rpartition(".")[2].lower()
    return TYPES_BY_ENDING.get(ending, "application/octet-stream")


def _text_of(found: Unpacked) -> str:
    text = found.text.strip("\x00")
    if not text.strip() and found.html:
        safe, _ = sanitise(found.html)
        text = html_to_text(safe.for_frame())
    return body(text)[:MAX_TEXT]
