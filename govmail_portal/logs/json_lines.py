"""Log lines: as text, or as JSON with the ids they are about in fields of their own.

No line says an address; should a library's words hold one, it is put out of them here.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from typing import Any

# As our own lines say it: "submission 0b6c…: another worker has it".
_ABOUT = re.compile(
    r"\b(submission|delivery|arrival|gateway|report)"
    r" ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+)\b"
)
_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")
_HIDDEN = "(address)"


class LineFormatter(logging.Formatter):
    """The moment, level, logger and message on a line; a traceback, whole, on those below."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        return _ADDRESS.sub(_HIDDEN, super().format(record))


class JsonFormatter(logging.Formatter):
    """at (UTC), level, logger, message; then submission, delivery … where it names one.

    Of an exception: its class, and where it was raised; its words may quote anything.
    """

    def format(self, record: logging.LogRecord) -> str:
        message = _ADDRESS.sub(_HIDDEN, record.getMessage())
        at = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": message,
        }
        for kind, number in _ABOUT.findall(message):
            line.setdefault(kind, number)
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            line["raised_at"] = [f"{each.filename}:{each.lineno}" for each in frames]
        return json.dumps(line, ensure_ascii=False)
