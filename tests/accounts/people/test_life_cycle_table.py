from __future__ import annotations

import re
from pathlib import Path

from tests.accounts.people import test_life_cycle

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "life-cycle.md"


def test_the_table_of_events_names_every_test_and_no_other() -> None:
    named = re.findall(r"`(test_\w+)`", DOCUMENT.read_text(encoding="utf-8"))
    written = [name for name in vars(test_life_cycle) if name.startswith("test_")]

    assert sorted(named) == sorted(written)
