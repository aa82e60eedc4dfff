"""`make smoke`: the main job once, through real doors; one JSON line; status 0 only if all held.

What is started is what `make run` starts, in a folder and on ports of its own.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from govmail_portal.running import Portal, Ports
from tests.smoke.story import Story


def main() -> int:
    """Run the story; print what each step took in seconds and what went wrong, if anything."""
    result: dict[str, object] = {"held": False}
    seconds: dict[str, float] = {}
    folder = Path(tempfile.mkdtemp(prefix="govmail-smoke-"))
    portal = Portal(folder / "var", Ports.free())
    try:
        _timed(seconds, "start", portal.start)
        _timed(seconds, "ready", lambda: portal.wait_ready(120))
        story = Story(portal)
        for name, step in story.steps():
            _timed(seconds, name, step)
        result |= {"held": True, **story.figures}
    except BaseException as error:  # noqa: BLE001  # whatever it was, the JSON line says it
        traceback.print_exc()
        result["error"] = f"{type(error).__name__}: {error}"
    finally:
        _timed(seconds, "stop", portal.stop)
    result |= {"seconds": {name: round(taken, 2) for name, taken in seconds.items()}}
    result["var"] = str(portal.var)
    print(json.dumps(result, ensure_ascii=False))  # noqa: T201  # this is the answer
    return 0 if result["held"] else 1


def _timed(seconds: dict[str, float], name: str, step: Callable[[], object]) -> None:
    begun = time.perf_counter()
    try:
        step()
    finally:
        seconds[name] = time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
