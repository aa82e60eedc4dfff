from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from govmail_portal import message_catalogues
from govmail_portal.message_catalogues import catalogue_file, lacking, messages_of_the_sources

PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

msgid "Send"
msgstr "ส่ง"
"""


def test_a_catalogue_is_compiled_once_and_again_when_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "th" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(PO, encoding="utf-8")
    monkeypatch.setattr(message_catalogues, "LOCALE", tmp_path)

    assert message_catalogues.compile_catalogues() == [source.with_suffix(".mo")]
    assert message_catalogues.compile_catalogues() == []

    source.write_text(PO.replace("ส่ง", "ส่งออก"), encoding="utf-8")
    later = source.with_suffix(".mo").stat().st_mtime + 5
    import os

    os.utime(source, (later, later))
    assert len(message_catalogues.compile_catalogues()) == 1
    assert "ส่งออก".encode() in source.with_suffix(".mo").read_bytes()


def test_messages_of_templates_and_modules_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_catalogues, "ROOT", tmp_path)
    for folder in ("accounts", "govmail_portal", "mailbox", "templates"):
        (tmp_path / folder).mkdir()
    (tmp_path / "mailbox" / "x.py").write_text(
        'from django.utils.translation import gettext_lazy as _\nNAME = _("In a module")\n'
    )
    (tmp_path / "templates" / "x.html").write_text(
        '{% load i18n %}<p title="it\'s">{% translate "In (a) page" %}</p>\n'
        "{% blocktranslate count n=n %}{{ n }} letter{% plural %}{{ n }} letters"
        "{% endblocktranslate %}\n"
        '{{ _("In a filter")|upper }}{% translate "May" context "month" %}\n'
    )

    found = {(message.id, message.context) for message in messages_of_the_sources() if message.id}

    assert found == {
        ("In a module", None),
        ("In (a) page", None),
        (("%(n)s letter", "%(n)s letters"), None),
        ("In a filter", None),
        ("May", "month"),
    }


def test_every_sentence_has_its_thai() -> None:
    assert lacking("th") == []


def test_translations_keep_the_placeholders() -> None:
    with catalogue_file("th").open("rb") as file:
        catalogue = read_po(file, locale="th")
    wrong = [(message.id, str(error)) for message, errors in catalogue.check() for error in errors]
    assert wrong == []
