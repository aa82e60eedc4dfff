"""Translations: compile the catalogues, and find what they lack, without GNU gettext.

A machine that runs `make run` has no `msgfmt`, so Babel does its work. The
sources are the Python files and the templates; Django's own tool turns a
template into something whose calls can be read like Python's.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "govmail_portal" / "locale"
_PACKAGES = ("accounts", "govmail_portal", "mailbox")
_KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "_": None,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


_STRING = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_CALL = re.compile(rf"(?:\b(?:n|p|np)?gettext|\b_)\((?:{_STRING}|[\w.,\s])+\)")


def catalogue_file(language: str) -> Path:
    """Return the .po file of a language."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def compile_catalogues() -> list[Path]:
    """Compile each .po that is newer than its .mo; return the .mo files written."""
    written = []
    for source in LOCALE.glob("*/LC_MESSAGES/django.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        fresh = target.with_suffix(".new")
        with source.open("rb") as file, fresh.open("wb") as out:
            write_mo(out, read_po(file, locale=source.parent.parent.name))
        fresh.replace(target)
        written.append(target)
    return written


def messages_of_the_sources() -> Catalog:
    """Return every message that the Python files and templates ask for."""
    catalogue = Catalog(domain="django", project="GovMail Portal", charset="utf-8")
    for file in _sources():
        text = file.read_text(encoding="utf-8")
        if file.suffix != ".py":
            text = _as_python(text, str(file))
        found = extract("python", io.BytesIO(text.encode()), _KEYWORDS)
        for line, message, _comments, context in found:
            place = (file.relative_to(ROOT).as_posix(), line)
            catalogue.add(message, locations=[place], context=context)
    return catalogue


def update(language: str) -> Catalog:
    """Bring the .po file up to date with the sources; translations stay, dead ones go."""
    file = catalogue_file(language)
    with file.open("rb") as source:
        catalogue = read_po(source, locale=language)
    catalogue.update(messages_of_the_sources(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    with file.open("wb") as out:
        write_po(out, catalogue, width=100, sort_output=True, include_lineno=False)
    return catalogue


def _sources() -> Iterator[Path]:
    for package in _PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in file.parts:
                yield file
    for pattern in ("*.html", "*.txt"):
        yield from sorted((ROOT / "templates").rglob(pattern))


def _as_python(text: str, origin: str) -> str:
    from django.utils.translation.template import templatize

    # What is not a call comes back as runs of X; only the calls are kept, each on its line.
    lines = templatize(text, origin=origin).split("\n")
    return "\n".join(";".join(_calls(line)) for line in lines)


def _calls(line: str) -> list[str]:
    return [match[0] for match in _CALL.finditer(line)]


def lacking(language: str) -> list[str]:
    """Return a line for each message that the catalogue lacks, or has only a guess for."""
    file = catalogue_file(language)
    with file.open("rb") as source:
        catalogue = read_po(source, locale=language)
    lines = []
    for message in messages_of_the_sources():
        if not message.id:
            continue
        known = catalogue.get(message.id, message.context)
        if known is None or known.fuzzy or not _is_whole(known.string):
            lines.append(f"{message.locations[0][0]}: {message.id!r}")
    return lines


def _is_whole(words: object) -> bool:
    return all(words) if isinstance(words, tuple | list) else bool(words)


def main(arguments: list[str]) -> int:
    """Compile; list what the Thai catalogue lacks; or write that in, to be translated."""
    if arguments == ["--compile"]:
        compile_catalogues()
        return 0
    if arguments == ["--update"]:
        update("th")
        return 0
    if arguments != ["--check"]:
        sys.stderr.write(
            "usage: python -m govmail_portal.message_catalogues --compile|--check|--update\n"
        )
        return 2
    missing = lacking("th")
    for line in missing:
        sys.stderr.write(f"No Thai for {line}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
