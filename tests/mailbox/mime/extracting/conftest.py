"""A child that reads attachments, shared by the tests that do it no harm."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailbox.mime.extracting.process import ExtractingProcess

MEMORY = 512 * 1024 * 1024


@pytest.fixture(scope="session")
def extractor() -> Iterator[ExtractingProcess]:
    process = ExtractingProcess(seconds=20, memory=MEMORY)
    yield process
    process.close()
