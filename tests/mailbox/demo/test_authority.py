from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from mailbox.demo.authority import DemoAuthority

NAMES = ["gateway1.demo.test", "127.0.0.1"]


def test_a_second_preparation_changes_nothing(tmp_path: Path) -> None:
    authority = DemoAuthority(tmp_path)
    authority.prepare(NAMES)
    first = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    authority.prepare(NAMES)

    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == first


def test_a_certificate_that_runs_out_is_renewed_under_the_same_authority(tmp_path: Path) -> None:
    authority = DemoAuthority(tmp_path)
    authority.prepare(NAMES)
    pinned, first = authority.certificate_file.read_bytes(), authority.leaf_file.read_bytes()

    authority.prepare(NAMES, now=datetime.now(UTC) + timedelta(days=380))

    assert authority.leaf_file.read_bytes() != first
    assert authority.certificate_file.read_bytes() == pinned


def test_another_name_needs_another_certificate(tmp_path: Path) -> None:
    authority = DemoAuthority(tmp_path)
    authority.prepare(NAMES)
    first = authority.leaf_file.read_bytes()

    authority.prepare([*NAMES, "gateway2.demo.test"])

    assert authority.leaf_file.read_bytes() != first


def test_keys_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    authority = DemoAuthority(tmp_path)
    authority.prepare(NAMES)

    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
