"""One plant for all files of this folder, emptied before each test; and the table of results."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import translation
from pytest_django import DjangoDbBlocker

from govmail_portal.embedded import Postgres
from tests import cast
from tests.cast import Cast
from tests.faults.counting import Row
from tests.faults.far_side import FarSide
from tests.faults.plant import Plant, attached, speaking_with

Record = Callable[[Row], None]


@pytest.fixture(scope="package")
def _plant(django_db_blocker: DjangoDbBlocker) -> Iterator[tuple[Plant, Cast]]:
    made = Plant()
    try:
        with django_db_blocker.unblock():
            made.start(_migrate)
            with attached(made):
                people = cast.gather()
            made.start_worker()
            yield made, people
    finally:
        made.stop()


def _migrate(postgres: Postgres) -> None:
    with speaking_with(postgres):
        call_command("migrate", verbosity=0)


@pytest.fixture
def plant(_plant: tuple[Plant, Cast], django_db_blocker: DjangoDbBlocker) -> Iterator[Plant]:
    """Engines and a worker at work, and nothing to do for them."""
    made, _ = _plant
    with django_db_blocker.unblock(), attached(made), translation.override("en"):
        made.forget_everything()
        if made.is_worker_dead():
            made.start_worker()
        yield made


@pytest.fixture
def people(_plant: tuple[Plant, Cast], plant: Plant) -> Cast:
    return _plant[1]


@pytest.fixture
def far_side() -> Iterator[FarSide]:
    with FarSide() as made:
        yield made


@pytest.fixture(scope="session")
def record() -> Record:
    """Writes down a row of the table, where `python -m tests.faults` asks for it."""
    file = os.environ.get("FAULTS_ROWS")

    def write(row: Row) -> None:
        if file:
            with Path(file).open("a", encoding="utf-8") as rows:
                rows.write(json.dumps(asdict(row)) + "\n")

    return write
