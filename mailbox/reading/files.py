"""The attachments of a letter as its reader sees them: name, kind, size, what can be looked at.

Nothing is decoded here or anywhere on the server: pictures are drawn by the browser,
in a sandbox, so the limit that counts is the one on bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from govmail_portal import dates
from govmail_portal.dates import Manner
from mailbox.mime.rendition import Attachment, Rendition

MEGABYTE = 1024 * 1024
PREVIEWED = {
    "image/png": "image",
    "image/jpeg": "image",
    "image/gif": "image",
    "image/webp": "image",
    "application/pdf": "pdf",
    "text/plain": "text",
}
# Larger pictures are downloaded, not shown; a thumbnail is the picture itself, so less still.
LARGEST_PICTURE = 20 * MEGABYTE
LARGEST_THUMBNAIL = 4 * MEGABYTE
# All files in one archive: beyond these they are downloaded one by one.
LARGEST_ZIP = 200 * MEGABYTE
MOST_ZIPPED = 1_000
_ICONS = {
    "audio": "file-audio",
    "image": "file-image",
    "text": "file-text",
    "video": "file-video",
}
_SHEETS = ("spreadsheet", "ms-excel", "csv")
_ARCHIVES = ("zip", "compressed", "x-tar", "gzip", "x-rar")


@dataclass(frozen=True)
class File:
    """One file. look: "image", "pdf", "text", or empty where it can only be downloaded."""

    index: int
    name: str
    kind: str
    size: str
    look: str
    has_thumbnail: bool
    icon: str

    @property
    def has_preview(self) -> bool:
        return bool(self.look)


@dataclass(frozen=True)
class Files:
    """The files below a letter. has_zip: whether all of them can be had in one archive."""

    entries: Sequence[File] = ()
    title: str = ""
    size: str = ""
    has_zip: bool = False

    def __bool__(self) -> bool:
        return bool(self.entries)


def files_of(rendition: Rendition, manner: Manner) -> Files:
    """What stands below a letter."""
    found = enclosed(rendition)
    total = sum(one.size for one in found)
    title = ngettext("%(count)s attachment", "%(count)s attachments", len(found))
    return Files(
        entries=[file_of(one, manner) for one in found],
        title=title % {"count": manner.digits(str(len(found)))},
        size=dates.size(total, manner),
        has_zip=1 < len(found) <= MOST_ZIPPED and total <= LARGEST_ZIP,
    )


def enclosed(rendition: Rendition) -> list[Attachment]:
    """Attachments but for the pictures that the body shows: they are part of the body."""
    shows = bool(rendition.html)
    return [
        one
        for one in rendition.attachments
        if not (shows and one.inline and one.cid and one.type.startswith("image/"))
    ]


def file_of(attachment: Attachment, manner: Manner) -> File:
    """One attachment in words."""
    ending = attachment.name.rpartition(".")[2] if "." in attachment.name else ""
    kind = ending if 0 < len(ending) <= 4 and ending.isascii() else _("file")
    look = look_of(attachment)
    return File(
        index=attachment.index,
        name=attachment.name or _("attachment %(number)s") % {"number": attachment.index + 1},
        kind=kind.upper(),
        size=dates.size(attachment.size, manner),
        look=look,
        has_thumbnail=look == "image" and attachment.size <= LARGEST_THUMBNAIL,
        icon=_icon(attachment.type),
    )


def look_of(attachment: Attachment) -> str:
    """How an attachment can be looked at in the browser; empty if it cannot."""
    look = PREVIEWED.get(attachment.type, "")
    return "" if look == "image" and attachment.size > LARGEST_PICTURE else look


def _icon(kind: str) -> str:
    if any(word in kind for word in _SHEETS):
        return "file-spreadsheet"
    if any(word in kind for word in _ARCHIVES):
        return "file-archive"
    if kind == "message/rfc822":
        return "mail"
    if kind == "text/calendar":
        return "calendar"
    if kind == "application/pdf" or "word" in kind or "opendocument.text" in kind:
        return "file-text"
    return _ICONS.get(kind.partition("/")[0], "file")
