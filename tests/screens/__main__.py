"""`python -m tests.screens FOLDER [NAME…]`: pictures of every screen, beside their mocks.

Starts a whole portal with its demo in a folder of its own, signs in as demo people,
and takes each screen of `docs/screens.md` in three sizes, two themes and two
languages. FOLDER/index.html shows them all. --few takes Thai, light, 1440 only; --only
th-dark-390 (again and again) takes just these.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from govmail_portal.running import Portal, Ports
from tests.screens.camera import Camera
from tests.screens.gallery import write_gallery
from tests.screens.gate import GATE
from tests.screens.people import PEOPLE
from tests.screens.scenes import SCENES
from tests.screens.way_out import WAY_OUT


def main() -> int:
    """Take the pictures asked for; status 1 if a screen could not be reached."""
    options = argparse.ArgumentParser(prog="python -m tests.screens")
    options.add_argument("folder", type=Path)
    options.add_argument("names", nargs="*")
    options.add_argument("--few", action="append_const", const="th-light-1440", dest="only")
    options.add_argument("--only", action="append", metavar="LANGUAGE-THEME-WIDTH")
    chosen = options.parse_args()
    every = (*SCENES, *PEOPLE, *WAY_OUT, *GATE)
    scenes = [one for one in every if not chosen.names or one.name in chosen.names]
    with tempfile.TemporaryDirectory(prefix="govmail-screens-") as folder:
        portal = Portal(Path(folder) / "var", Ports.free())
        try:
            portal.start()
            portal.wait_ready(180)
            with Camera(portal, chosen.folder, only=chosen.only or ()) as camera:
                failed = [scene.name for scene in scenes if not camera.take(scene)]
        finally:
            portal.stop()
    write_gallery(chosen.folder, scenes)
    for name in failed:
        sys.stderr.write(f"not reached: {name}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
