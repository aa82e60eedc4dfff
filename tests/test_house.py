"""The house keeps its measure: HOUSE-STYLE's hard limits, and names that must agree."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("accounts", "govmail_portal", "mailbox")
CODE = (*PACKAGES, "tests", "bench", "deploy")
LINES = {".py": 400, ".html": 120, ".js": 150, ".css": 300}
FUNCTION_LINES, PARAMETERS, FOLDER_FILES, NEEDS_PURPOSE = 50, 6, 15, 40
NAMELESS = {"util", "utils", "helper", "helpers", "common", "misc", "service", "services"}
NAMELESS |= {"manager", "managers", "handler", "handlers", "processor"}
# Spelt apart, so that this file does not find itself.
REGISTRIES = [f"{host}.org" for host in ("pypi", "pythonhosted", "npmjs", "yarnpkg", "npmmirror")]
REGISTRIES += [
    "--index" + "-url",
    "--extra-index" + "-url",
    "registry" + "=http",
    "_auth" + "Token",
]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*")):
            if not {"migrations", "node_modules"}.isdisjoint(file.parts):
                continue
            if file.is_file() and file.suffix in LINES:
                yield file


def _modules(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for file in _files(*folders):
        if file.suffix == ".py":
            yield _name(file), ast.parse(file.read_text(encoding="utf-8"))


def _name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def _functions(*folders: str) -> Iterator[tuple[str, Function]]:
    for name, module in _modules(*folders):
        for node in ast.walk(module):
            if isinstance(node, Function):
                yield f"{name}:{node.lineno} {node.name}", node


def _lines(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines())


def test_no_file_outgrows_its_room() -> None:
    files = list(_files(*CODE, "templates", "static"))
    long = {_name(file): lines for file in files if (lines := _lines(file)) > LINES[file.suffix]}
    assert len(files) > 100
    assert long == {}


def test_no_function_outgrows_a_page() -> None:
    long = {
        place: lines
        for place, node in _functions(*CODE)
        if (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES
    }
    assert long == {}


def test_no_function_asks_for_more_than_it_can_explain() -> None:
    many = {}
    for place, node in _functions(*PACKAGES, "bench", "deploy"):
        positional = [*node.args.posonlyargs, *node.args.args]
        names = [a.arg for a in positional if a.arg not in ("self", "cls")]
        if len(names) > PARAMETERS:
            many[place] = names
    assert many == {}


def test_no_folder_is_crowded() -> None:
    counts: dict[str, int] = {}
    for file in _files(*CODE, "templates", "static"):
        if file.name != "__init__.py":
            folder = _name(file.parent)
            counts[folder] = counts.get(folder, 0) + 1
    assert {folder: count for folder, count in counts.items() if count > FOLDER_FILES} == {}


def test_no_room_is_called_miscellaneous() -> None:
    words = {
        _name(file): set(re.split(r"[_/.]", _name(file))) & NAMELESS
        for file in _files(*PACKAGES, "bench", "deploy")
    }
    assert {name: found for name, found in words.items() if found} == {}


def test_every_longer_module_says_what_it_is_for() -> None:
    silent = [
        name
        for name, module in _modules(*CODE)
        if _lines(ROOT / name) > NEEDS_PURPOSE
        and not ast.get_docstring(module)
        # A test's name is a sentence; its module needs none.
        and not Path(name).name.startswith("test_")
    ]
    assert silent == []


def test_python_finds_our_mailbox_and_not_the_standard_one() -> None:
    place = "import mailbox; print(mailbox.__file__)"
    found = subprocess.run(
        [sys.executable, "-c", place],
        cwd="/",
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        check=True,
        capture_output=True,
        text=True,
    )
    assert found.stdout.strip() == str(ROOT / "mailbox" / "__init__.py")
    assert (ROOT / "mailbox" / "__init__.py").read_text() == ""
    assert "export PYTHONPATH := $(CURDIR)" in (ROOT / "Makefile").read_text()


def test_every_service_file_finds_our_mailbox() -> None:
    units = list((ROOT / "deploy" / "systemd").glob("*.service"))
    assert units
    for unit in units:
        assert "Environment=PYTHONPATH=" in unit.read_text(), unit.name


@pytest.mark.parametrize("app", [app for app in PACKAGES if (ROOT / app / "nudges.py").exists()])
def test_every_nudge_rings_a_task_that_exists(app: str) -> None:
    current_app.loader.import_default_modules()
    text = (ROOT / app / "nudges.py").read_text(encoding="utf-8")
    rung = {
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(rf"{app}\.[a-z_]+", node.value)
    }
    assert rung
    assert rung - set(current_app.tasks) == set()


def test_the_clock_and_the_queues_name_tasks_that_exist() -> None:
    current_app.loader.import_default_modules()
    named = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    named |= set(settings.CELERY_TASK_ROUTES)
    assert named - set(current_app.tasks) == set()


def test_only_env_reads_the_environment() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, module in _modules(*PACKAGES)
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute)
        and node.attr in ("environ", "getenv")
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
        # The doors that tell Django where its settings are.
        and name
        not in ("govmail_portal/env.py", "govmail_portal/asgi.py", "govmail_portal/celery.py")
    ]
    assert found == []


def _names_read() -> set[str]:
    """Every variable that `env` is asked for, with NAME_FILE beside each secret."""
    names = set()
    for _, module in _modules(*PACKAGES):
        for node in ast.walk(module):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="env"), attr=kind),
                    args=[ast.Constant(value=str(name)), *_],
                ):
                    names |= {name, f"{name}_FILE"} if kind == "secret" else {name}
    return names


def test_the_document_of_configuration_lists_every_variable_and_no_other() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)`", text, re.MULTILINE))
    assert listed == _names_read()


def _tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("this is not a git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_registry_is_named_anywhere() -> None:
    found = [
        f"{_name(file)}: {host}"
        for file in _tracked()
        for host in REGISTRIES
        if host.encode() in file.read_bytes()
    ]
    assert found == []


def test_nothing_that_is_made_is_tracked() -> None:
    made = re.compile(r"\.(pyc|mo|log|sqlite3)$|(^|/)(node_modules|\.venv.*|var|__pycache__)/")
    assert [_name(file) for file in _tracked() if made.search(_name(file))] == []
