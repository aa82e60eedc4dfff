"""People and agencies: the tables of the directory and of signing in."""

from accounts.models.accounts import Account
from accounts.models.agencies import Agency, AgencyDomain, OrgUnit
from accounts.models.officials import Assignment, Official, Position
from accounts.models.second_factor import BackupCode, TotpDevice

__all__ = [
    "Account",
    "Agency",
    "AgencyDomain",
    "Assignment",
    "BackupCode",
    "Official",
    "OrgUnit",
    "Position",
    "TotpDevice",
]
