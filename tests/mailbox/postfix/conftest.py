"""A Postfix in front of the portal and an lmtpd behind it, for all tests of this folder."""

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
from tests.mailbox.postfix import milter, mta
from tests.mailbox.postfix.mta import Postfix

Behind = Callable[..., AbstractContextManager[door.Lmtpd]]


@pytest.fixture(scope="package")
def lmtp_port() -> int:
    return mta.free_port()


@pytest.fixture(scope="package")
def inbound(lmtp_port: int) -> Iterator[Postfix]:
    """The MTA in front, with a filter; its certificate is not what is tested."""
    with (
        milter.running() as filter_port,
        mta.running(
            "inbound",
            relay_transport=f"lmtp:inet:127.0.0.1:{lmtp_port}",
            smtpd_milters=f"inet:127.0.0.1:{filter_port}",
            smtpd_tls_security_level="none",
        ) as postfix,
    ):
        yield postfix


@pytest.fixture(scope="package")
def _lmtpd(
    django_db_setup: None,
    key_set: dict[Role, StoredKeyring],
    tmp_path_factory: pytest.TempPathFactory,
    lmtp_port: int,
) -> Iterator[None]:
    """Where the MTA expects it; it keeps nothing of a test."""
    with door.running(key_set["lmtp"], tmp_path_factory.mktemp("keys"), port=lmtp_port):
        yield


@pytest.fixture
def portal(cast: Cast, _lmtpd: None) -> Cast:
    """The portal's people, whom mail reaches now."""
    return cast


@pytest.fixture(scope="module")
def own_port() -> int:
    return mta.free_port()


@pytest.fixture(scope="module")
def own_inbound(own_port: int) -> Iterator[Postfix]:
    """An MTA of a module whose tests start and end the lmtpd behind it; without a filter."""
    with mta.running(
        "inbound",
        relay_transport=f"lmtp:inet:127.0.0.1:{own_port}",
        smtpd_milters="",
        smtpd_tls_security_level="none",
    ) as postfix:
        yield postfix


@pytest.fixture
def behind(cast: Cast, key_set: dict[Role, StoredKeyring], tmp_path: Path, own_port: int) -> Behind:
    """Runs lmtpd behind `own_inbound`; changes: of its environment."""
    return partial(door.running, key_set["lmtp"], tmp_path, port=own_port)
