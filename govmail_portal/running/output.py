"""Where the words of the processes go: the terminal, and a file of each process."""

from __future__ import annotations

import logging
import logging.handlers
import threading
from pathlib import Path
from typing import TextIO

_FILE_BYTES = 5_000_000
_OLD_FILES = 3


class Output:
    """Prints lines with the name of who said them, and keeps them in `folder`/NAME.log.

    The files are rotated by size: four of at most 5 MB for each name.
    """

    def __init__(self, folder: Path, terminal: TextIO | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._terminal = terminal
        self._files: dict[str, logging.handlers.RotatingFileHandler] = {}
        self._lock = threading.Lock()

    def line(self, name: str, text: str) -> None:
        """Pass one line on, without its line end."""
        with self._lock:
            self._file(name).emit(_record(text))
            self._print(f"{name:<8} | {text}")

    def say(self, text: str) -> None:
        """Say something of the portal's own, without a name before it on the terminal."""
        with self._lock:
            self._file("portal").emit(_record(text))
            self._print(text)

    def close(self) -> None:
        """Close the files; a later line opens its file again."""
        with self._lock:
            for file in self._files.values():
                file.close()
            self._files.clear()

    def _file(self, name: str) -> logging.handlers.RotatingFileHandler:
        if name not in self._files:
            path = self._folder / f"{name}.log"
            path.touch(mode=0o600)
            file = logging.handlers.RotatingFileHandler(
                path, maxBytes=_FILE_BYTES, backupCount=_OLD_FILES, encoding="utf-8"
            )
            self._files[name] = file
        return self._files[name]

    def _print(self, text: str) -> None:
        if self._terminal is None:
            return
        try:
            print(text, file=self._terminal, flush=True)
        except (OSError, ValueError):
            self._terminal = None  # It was closed; the portal goes on, and its files too.


def _record(text: str) -> logging.LogRecord:
    return logging.LogRecord("portal", logging.INFO, "", 0, text, None, None)
