"""The process in which attackers' files are taken apart: no key, no network, no file of its own.

Once all is imported it may open nothing more, neither file nor socket, write nothing but its
answers, and touch no other process (`confinement`).
"""

from __future__ import annotations

import encodings
import importlib
import json
import os
import pkgutil
import sys

from mailbox.mime.extracting.confinement import confine
from mailbox.mime.killable import allow_processor_time, answer, keep_within, next_frame

WHOLE, PARTLY, SPENT = b"\x01", b"\x00", b"\x02"


def main(arguments: list[str]) -> None:
    """Answer pairs of frames, what to do (JSON) and a file, until the pipe closes.

    An answer is one octet, whether it is all of the text or the child is spent, and the text.
    """
    keep_within(int(arguments[0]))
    _say_nothing()
    _load()
    confine()
    while (head := next_frame(sys.stdin.buffer)) is not None:
        task = json.loads(head)
        allow_processor_time(int(task["seconds"]) + 2)
        data = next_frame(sys.stdin.buffer)
        if data is None:
            return
        answer(sys.stdout.buffer, _answer(task, data))


def _answer(task: dict[str, str], data: bytes) -> bytes:
    from mailbox.mime.extracting.gathering import Gathering
    from mailbox.mime.extracting.reading import read_file

    gathering = Gathering(int(task["characters"]), float(task["seconds"]))
    try:
        state = WHOLE if read_file(task["kind"], data, gathering) else PARTLY
    except MemoryError:
        return SPENT  # what is left of its memory is in shreds
    return state + gathering.text().encode("utf-8", "replace")


def _say_nothing() -> None:
    """What libraries complain of on stderr is part of a file, and stderr is a log."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _load() -> None:
    """Import all that a file may need, before the doors are shut."""
    import pypdfium2.raw

    import mailbox.mime.extracting.reading  # noqa: F401  # loaded before the filter of calls

    pypdfium2.raw.FPDF_GetLastError()  # loads the library
    for module in pkgutil.iter_modules(encodings.__path__):
        if module.name not in ("mbcs", "oem", "idna"):
            importlib.import_module(f"encodings.{module.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
