from __future__ import annotations

from pathlib import Path

import pytest

from govmail_portal.running import one_at_a_time


def test_the_second_hears_where_the_first_is(tmp_path: Path) -> None:
    with (
        one_at_a_time.take(tmp_path, "http://127.0.0.1:8000/"),
        pytest.raises(one_at_a_time.AlreadyRunning, match=r"process \d+, http://127.0.0.1:8000/"),
    ):
        one_at_a_time.take(tmp_path, "http://127.0.0.1:9000/")


def test_when_the_first_has_gone_the_next_may(tmp_path: Path) -> None:
    one_at_a_time.take(tmp_path, "http://127.0.0.1:8000/").close()
    one_at_a_time.take(tmp_path, "http://127.0.0.1:8000/").close()
