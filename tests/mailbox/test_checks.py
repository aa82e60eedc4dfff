from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.core.checks import run_checks
from django.test import override_settings

from mailbox.sealing import key_files
from mailbox.sealing.key_files import KeyFile
from mailbox.sealing.keyring import StoredKeyring, use_source


def found(*tags: str) -> dict[str, str]:
    return {str(message.id): message.msg for message in run_checks(tags=tags)}


def test_a_good_keyring_and_good_times_pass(keyring: StoredKeyring) -> None:
    assert found("keys", "mail") == {}


def test_a_keyring_that_is_not_there_or_open_to_others_stops_the_start(
    tmp_path: Path, keyring: StoredKeyring
) -> None:
    path = tmp_path / "web.json"
    use_file(path)
    assert "cannot be read" in found("keys")["mailbox.E001"]
    key_files.write(path, keyring)
    path.chmod(0o644)
    use_file(path)
    assert "make it 0600" in found("keys")["mailbox.E001"]
    path.chmod(0o600)
    assert found("keys") == {}


def use_file(path: Path) -> None:
    use_source(KeyFile(path))


def test_a_lease_that_a_slow_gateway_outlasts_stops_the_start() -> None:
    times = {"RELAY_LEASE": timedelta(minutes=5), "GATEWAY_TIMEOUT": timedelta(minutes=1)}
    with override_settings(**times):
        assert set(found("mail")) == {"mailbox.E002"}


def test_a_lease_that_a_slow_reading_outlasts_stops_the_start() -> None:
    with override_settings(FILING_LEASE=timedelta(minutes=1), PARSE_SECONDS=40):
        assert set(found("mail")) == {"mailbox.E003"}
