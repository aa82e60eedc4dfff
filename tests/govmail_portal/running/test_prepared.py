from __future__ import annotations

from pathlib import Path

import pytest

from govmail_portal.running import Ports
from govmail_portal.running.prepared import prepared_from

PORTS = Ports(8000, 8024, (8025,), (8053,))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("mailbox/migrations", "mailbox/demo/texts", "mailbox/web"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "mailbox/migrations/0001_initial.py").write_text("one")
    return tmp_path


def test_nothing_changed_needs_no_preparing(root: Path) -> None:
    before = prepared_from(root, PORTS)
    (root / "mailbox/web/page.py").write_text("a page")
    assert prepared_from(root, Ports(9000, 9024, (8025,), (9053,))) == before


@pytest.mark.parametrize("file", ["mailbox/migrations/0002_more.py", "mailbox/demo/texts/a.txt"])
def test_a_migration_or_a_demo_text_does(root: Path, file: str) -> None:
    before = prepared_from(root, PORTS)
    (root / file).write_text("new")
    assert prepared_from(root, PORTS) != before


def test_a_gateway_on_another_port_does(root: Path) -> None:
    assert prepared_from(root, PORTS) != prepared_from(root, Ports(8000, 8024, (9025,), (8053,)))
