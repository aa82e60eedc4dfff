"""`manage.py import_people`: a plan by default; with --apply and an officer, the deed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import ImportBatch, SourceRecord
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "people.csv"
    path.write_bytes("รหัสบุคลากร,ชื่อ-สกุล,ตำแหน่ง\n๑,นายสมชาย ใจดี,นิติกร\n".encode("tis-620"))
    return str(path)


def run(*arguments: str) -> str:
    told = io.StringIO()
    call_command("import_people", *arguments, stdout=told)
    return told.getvalue()


def test_by_default_nothing_is_left_behind(cast: Cast, file: str) -> None:
    told = run(file, "--agency", "คค")

    assert "join row 2 1" in told
    assert "Nobody was changed" in told
    assert not ImportBatch.objects.exists()


def test_an_officer_may_carry_it_out(cast: Cast, file: str) -> None:
    told = run(file, "--agency", "transport.example", "--apply", "--by", cast.hana.address)
    assert "Carried out: 1 rows, 0 of them refused." in told
    assert SourceRecord.objects.get().key == "1"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--agency", "ไม่มี"], "Not one agency"),
        (["--agency", "คค", "--apply"], "needs --by"),
        (["--agency", "คค", "--apply", "--by", "amina@transport.example"], "no officer"),
    ],
)
def test_what_does_not_fit_gets_a_sentence(
    cast: Cast, file: str, arguments: list[str], part: str
) -> None:
    with pytest.raises(CommandError, match=part):
        run(file, *arguments)


def test_a_file_of_no_use_gets_a_sentence(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("hello,world\n")
    with pytest.raises(CommandError, match="No row of headings"):
        run(str(path), "--agency", "คค")
