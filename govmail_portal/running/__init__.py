"""Run the whole portal on one machine: engines, web, worker, beat, LMTP, demo gateways.

portal = Portal(Path("var"), Ports.free())
portal.start()
portal.wait_ready(60)
portal.stop_one("worker"); portal.start_one("worker")
portal.stop()
"""

from govmail_portal.running.portal import Portal, PortalNotRunning
from govmail_portal.running.ports import Ports

__all__ = ["Portal", "PortalNotRunning", "Ports"]
