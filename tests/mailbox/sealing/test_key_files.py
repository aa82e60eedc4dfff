from __future__ import annotations

import errno
import json
import logging
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from mailbox.errors import KeyMissing
from mailbox.sealing import key_files
from mailbox.sealing.key_files import KeyFile, KeyringUnusable, KeyText, Role
from mailbox.sealing.keyring import StoredKeyring


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    key_files.write_new_set(tmp_path / "keys")
    return tmp_path / "keys"


def test_a_new_set_is_three_files_for_their_owner_only(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {"web.json", "worker.json", "lmtp.json"}
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_no_private_half_is_written_but_for_the_worker(folder: Path) -> None:
    assert "private" in (folder / "worker.json").read_text()
    for role in ("web", "lmtp"):
        assert "private" not in (folder / f"{role}.json").read_text()
    for role in ("worker", "lmtp"):
        assert "storage" not in (folder / f"{role}.json").read_text()


def test_a_set_is_never_overwritten(folder: Path) -> None:
    before = (folder / "web.json").read_bytes()
    (folder / "worker.json").unlink()
    with pytest.raises(FileExistsError):
        key_files.write_new_set(folder)
    assert (folder / "web.json").read_bytes() == before
    assert not (folder / "worker.json").exists()


def test_a_file_reads_as_it_was_written(folder: Path) -> None:
    for role, keyring in key_files.read_set(folder).items():
        assert key_files.from_text(key_files.to_text(keyring)) == keyring
        assert keyring == key_files.read(folder / f"{role}.json")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_open_to_others_is_refused_with_a_sentence(folder: Path, mode: int) -> None:
    (folder / "web.json").chmod(mode)
    with pytest.raises(KeyringUnusable) as caught:
        key_files.read(folder / "web.json")
    assert "make it 0600" in caught.value.reason


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"format": 2}',
        '{"format": 1, "storage": {}}',
        '{"format": 1, "storage": {"active": "a", "keys": {}}}',
        '{"format": 1, "storage": {"active": "a", "keys": {"a": "AAAA"}}}',
        '{"format": 1, "storage": {"active": "a", "keys": {"a": 5}}}',
        '{"format": 1, "ingest": {"active": "a", "keys": {"a": "AAAA"}}}',
        '{"format": 1, "ingest": {"active": "a", "keys": {"a": {"public": "AAAA"}}}}',
        '{"format": 1, "unheard": {}}',
    ],
)
def test_nonsense_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(KeyringUnusable) as caught:
        key_files.from_text(text)
    assert caught.value.reason and "AAAA" not in caught.value.reason


def test_the_page_is_not_told_where_the_file_is(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing) as caught:
        KeyFile(tmp_path / "none.json")()
    assert "none.json" not in str(caught.value)


def test_a_running_process_takes_up_a_rotated_key(folder: Path) -> None:
    web, worker = KeyFile(folder / "web.json"), KeyFile(folder / "worker.json")
    old_id, old = web().seal_to("ingest", b"key", b"info")
    new_id = key_files.add_key(folder, "ingest")

    fresh_id, fresh = web().seal_to("ingest", b"key", b"info")
    assert (fresh_id, fresh_id == old_id) == (new_id, False)
    assert worker().unseal_from("ingest", new_id, fresh, b"info") == b"key"
    assert worker().unseal_from("ingest", old_id, old, b"info") == b"key"


def test_a_process_keeps_its_keys_when_the_file_is_spoilt(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = KeyFile(folder / "web.json")
    held = source()
    (folder / "web.json").write_text("spoilt")
    with caplog.at_level(logging.WARNING):
        assert source() is held
    (folder / "web.json").unlink()
    assert source() is held
    assert "unreadable" in caplog.text and "spoilt" not in caplog.text


def test_a_new_key_reaches_only_the_files_that_have_that_name(folder: Path) -> None:
    before = {role: (folder / f"{role}.json").read_bytes() for role in ("worker", "lmtp")}
    key_id = key_files.add_key(folder, "storage")
    assert key_files.read(folder / "web.json").active_id("storage") == key_id
    assert before == {role: (folder / f"{role}.json").read_bytes() for role in ("worker", "lmtp")}


def test_a_dropped_key_is_gone_from_every_file(folder: Path) -> None:
    old = key_files.read(folder / "lmtp.json").active_id("ingest")
    key_files.add_key(folder, "ingest")
    key_files.drop_key(folder, "ingest", old)
    assert all(old not in path.read_text() for path in folder.iterdir())
    assert all(len(keyring.ingest) == 1 for keyring in key_files.read_set(folder).values())


def test_the_environment_may_hold_the_keyring_instead(folder: Path) -> None:
    text = (folder / "web.json").read_text()
    source = KeyText(text)
    assert source() == key_files.read(folder / "web.json")
    assert source() is source()
    assert json.loads(text)["format"] == 1


def test_joined_keyrings_keep_the_private_halves_in_any_order(folder: Path) -> None:
    roles = list(key_files.read_set(folder).values())
    assert key_files.joined(*roles) == key_files.joined(*reversed(roles))
    assert key_files.joined(*roles).opens("relay")


def without_returns(folder: Path, *roles: Role) -> None:
    for role in roles:
        text = json.loads((folder / f"{role}.json").read_text())
        del text["returns"]
        (folder / f"{role}.json").write_text(json.dumps(text))


def test_a_set_of_an_older_version_is_given_one_returns_key(folder: Path) -> None:
    without_returns(folder, "worker", "lmtp")
    before = key_files.read_set(folder)
    assert key_files.complete(folder) == ["worker", "lmtp"]
    after = key_files.read_set(folder)
    assert after["lmtp"].knows_stamp(b"this", after["worker"].stamp(b"this"))
    assert after["web"] == before["web"]
    assert after["worker"].relay == before["worker"].relay
    assert key_files.complete(folder) == []
    assert key_files.read_set(folder) == after


def test_a_completion_cut_short_goes_on_with_the_same_key(folder: Path) -> None:
    without_returns(folder, "lmtp")
    stamp = key_files.read(folder / "worker.json").stamp(b"this")
    assert key_files.complete(folder) == ["lmtp"]
    assert key_files.read(folder / "lmtp.json").knows_stamp(b"this", stamp)


def test_half_a_set_is_never_given_a_key_of_its_own(folder: Path) -> None:
    without_returns(folder, "worker", "lmtp")
    (folder / "worker.json").unlink()
    with pytest.raises(KeyringUnusable) as caught:
        key_files.complete(folder)
    assert "worker.json" in caught.value.reason
    assert "returns" not in (folder / "lmtp.json").read_text()


def test_stamps_of_before_a_rotation_are_still_known(folder: Path) -> None:
    stamp = key_files.read(folder / "worker.json").stamp(b"this")
    old = key_files.read(folder / "worker.json").active_id("returns")
    key_files.add_key(folder, "returns")
    worker, lmtp = (key_files.read(folder / f"{role}.json") for role in ("worker", "lmtp"))
    assert worker.stamp(b"this") != stamp
    assert lmtp.knows_stamp(b"this", stamp) and lmtp.knows_stamp(b"this", worker.stamp(b"this"))
    key_files.drop_key(folder, "returns", old)
    assert not key_files.read(folder / "lmtp.json").knows_stamp(b"this", stamp)


def test_two_who_rotate_at_once_lose_neither_key(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    other = threading.Thread(target=lambda: made.append(key_files.add_key(folder, "storage")))
    write_all = key_files.write_all

    def overtaken(keyrings: Mapping[Path, StoredKeyring]) -> None:
        monkeypatch.setattr(key_files, "write_all", write_all)
        other.start()
        other.join(0.3)  # without a lock it would be done by then, and be written over
        write_all(keyrings)

    monkeypatch.setattr(key_files, "write_all", overtaken)
    made.append(key_files.add_key(folder, "storage"))
    other.join()
    assert set(made) < set(key_files.read(folder / "web.json").ids("storage"))
    assert len(set(made)) == 2


@pytest.mark.parametrize("written_before", [0, 1, 2])
def test_a_disk_that_is_full_leaves_the_old_files_whole_and_nothing_beside_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch, written_before: int
) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    written: list[int] = []

    def fsync(descriptor: int) -> None:
        if len(written) == written_before:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(descriptor)

    monkeypatch.setattr(key_files.os, "fsync", fsync)
    with pytest.raises(KeyringUnusable) as raised:
        key_files.add_key(folder, "ingest")
    assert "No space left" in raised.value.reason and "whole" in raised.value.reason
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_rotation_cut_off_between_two_files_is_finished_with_the_same_key(folder: Path) -> None:
    before = {name: (folder / name).read_bytes() for name in ("web.json", "lmtp.json")}
    key_id = key_files.add_key(folder, "ingest")
    for name, text in before.items():
        (folder / name).write_bytes(text)
    assert key_files.add_key(folder, "ingest") == key_id
    held = key_files.read_set(folder)
    assert {keyring.active["ingest"] for keyring in held.values()} == {key_id}
    assert {len(keyring.ids("ingest")) for keyring in held.values()} == {2}
    assert held["web"].ingest[key_id].private is None
    assert held["web"].ingest[key_id].public == held["worker"].ingest[key_id].public
    assert key_files.add_key(folder, "ingest") != key_id
