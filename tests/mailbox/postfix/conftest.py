"""A Postfix in front of the portal for a whole module, and an lmtpd behind it for a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from mailbox.sealing.key_files import Role
from mailbox.sealing.keyring import StoredKeyring
from tests.cast import Cast
from tests.mailbox import door
from tests.mailbox.postfix import mta
from tests.mailbox.postfix.mta import Postfix

Behind = Callable[..., AbstractContextManager[door.Lmtpd]]


@pytest.fixture(scope="module")
def lmtp_port() -> int:
    return mta.free_port()


@pytest.fixture(scope="module")
def inbound(lmtp_port: int) -> Iterator[Postfix]:
    """The MTA in front; its filter and its certificate are not what is tested."""
    with mta.running(
        "inbound",
        relay_transport=f"lmtp:inet:127.0.0.1:{lmtp_port}",
        smtpd_milters="",
        smtpd_tls_security_level="none",
    ) as postfix:
        yield postfix


@pytest.fixture
def behind(
    cast: Cast, key_set: dict[Role, StoredKeyring], tmp_path: Path, lmtp_port: int
) -> Behind:
    """Runs lmtpd where the MTA expects it; changes: of its environment."""
    return partial(door.running, key_set["lmtp"], tmp_path, port=lmtp_port)
