"""People and agencies: the tables of the directory and of signing in."""

from accounts.models.accounts import Account
from accounts.models.agencies import Agency, AgencyDomain, OrgUnit
from accounts.models.directory import DirectoryEntry
from accounts.models.officials import Assignment, Official, Position
from accounts.models.second_factor import BackupCode, TotpDevice
from accounts.models.sessions import Session

__all__ = [
    "Account",
    "Agency",
    "AgencyDomain",
    "Assignment",
    "BackupCode",
    "DirectoryEntry",
    "Official",
    "OrgUnit",
    "Position",
    "Session",
    "TotpDevice",
]
