"""Log lines as JSON: one object a line, ids in fields, and never an address."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import uuid
from typing import Any

from django.conf import settings

from govmail_portal.logs.json_lines import JsonFormatter, LineFormatter


def told(message: str, *words: Any, error: BaseException | None = None) -> dict[str, Any]:
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("mailbox.x", logging.WARNING, "x.py", 1, message, words, info)
    line = JsonFormatter().format(record)
    assert "\n" not in line
    found: dict[str, Any] = json.loads(line)
    return found


def test_the_ids_a_line_names_are_fields_of_their_own() -> None:
    one, other = uuid.uuid4(), uuid.uuid4()
    line = told("submission %s, delivery %s: gateway %s said no", one, other, 7)
    assert (line["submission"], line["delivery"], line["gateway"]) == (str(one), str(other), "7")
    assert (line["level"], line["logger"]) == ("WARNING", "mailbox.x")
    assert line["at"].endswith("Z") and line["message"].endswith("said no")


def test_an_address_in_a_librarys_words_is_put_out() -> None:
    line = told("refused <amina@transport.example>, และ ธิดา@กรม.ไทย")
    assert line["message"] == "refused <(address)>, และ (address)"


def test_nor_does_a_line_of_text_hold_one() -> None:
    try:
        raise ValueError("Key (address)=(canary@else.example) already exists.")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
        words = ("somchai@else.example",)
        record = logging.LogRecord("mailbox.x", logging.ERROR, "x.py", 1, "of %s", words, info)
    line = LineFormatter().format(record)
    assert "ERROR mailbox.x: of (address)" in line and "ValueError: Key" in line
    assert "canary" not in line and "somchai" not in line


def test_of_an_exception_only_its_class_and_place_are_told() -> None:
    try:
        raise ValueError("canary@else.example\nline")
    except ValueError as error:
        line = told("arrival 12: broke", error=error)
    assert line["error"] == "ValueError" and "canary" not in json.dumps(line)
    assert line["raised_at"][0].startswith(__file__)


def test_a_process_told_so_logs_json_and_any_other_word_stops_its_start() -> None:
    code = "import django; django.setup(); import logging; logging.getLogger('a').error('b')"
    for kind, is_fine in (("json", True), ("xml", False)):
        environment = {
            **os.environ,
            "LOG_FORMAT": kind,
            "DJANGO_SETTINGS_MODULE": "govmail_portal.settings",
            "SECRET_KEY": settings.SECRET_KEY,
            "DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
            "REDIS_URL": "redis://127.0.0.1:1/0",
        }
        ended = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (ended.returncode == 0) is is_fine, ended.stderr
        if is_fine:
            assert json.loads(ended.stderr.splitlines()[-1])["message"] == "b"
        else:
            assert "LOG_FORMAT must be line or json" in ended.stderr
