"""`python -m mailbox.demo.internet.servers DOORS.json`: serve until stdin closes.

Says "ready" when all doors are open.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mailbox.demo.internet.servers import doors
from mailbox.demo.internet.servers.serving import Servers

if __name__ == "__main__":
    Servers(doors.read(Path(sys.argv[1])))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
