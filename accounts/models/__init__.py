"""People and agencies: the tables of the directory, of the mandate, and of signing in."""

from accounts.models.accounts import Account
from accounts.models.agencies import Agency, AgencyCode, AgencyDomain, OrgUnit
from accounts.models.audit import AuditEvent, SecondOpinion
from accounts.models.directory import DirectoryEntry
from accounts.models.grades import DirectorOrAbove, Grade, GradeScheme
from accounts.models.imports import (
    ImportBatch,
    ImportRow,
    ImportUpload,
    ScimToken,
    Source,
    SourceRecord,
)
from accounts.models.mandates import (
    Attestation,
    Exemption,
    Mandate,
    MandateRule,
    Obligation,
    ObligationEvent,
    OfficialHoliday,
    Reminder,
    Snapshot,
)
from accounts.models.officials import Assignment, Official, Position
from accounts.models.orders import PersonnelOrder
from accounts.models.provisioning import Activation, ProvisioningJob, ProvisioningStep
from accounts.models.readiness.domains import CheckedDomain
from accounts.models.readiness.gate import (
    AgencyReadiness,
    CentralGrant,
    GateDecision,
    GateEvent,
    PlanOfAction,
    Waiver,
)
from accounts.models.readiness.profiles import Rule, RuleProfile
from accounts.models.readiness.runs import (
    AvailabilityDay,
    Outcome,
    RuleResult,
    RuleStanding,
    ScanRun,
)
from accounts.models.readiness.telling import (
    ReadinessDay,
    ReadinessNotice,
    ReadinessToken,
    TestLetter,
)
from accounts.models.scim import ScimResource
from accounts.models.second_factor import BackupCode, TotpDevice
from accounts.models.sessions import Session

__all__ = [
    "Account",
    "Activation",
    "Agency",
    "AgencyCode",
    "AgencyDomain",
    "AgencyReadiness",
    "Assignment",
    "Attestation",
    "AuditEvent",
    "AvailabilityDay",
    "BackupCode",
    "CentralGrant",
    "CheckedDomain",
    "DirectorOrAbove",
    "DirectoryEntry",
    "Exemption",
    "GateDecision",
    "GateEvent",
    "Grade",
    "GradeScheme",
    "ImportBatch",
    "ImportRow",
    "ImportUpload",
    "Mandate",
    "MandateRule",
    "Obligation",
    "ObligationEvent",
    "Official",
    "OfficialHoliday",
    "OrgUnit",
    "Outcome",
    "PersonnelOrder",
    "PlanOfAction",
    "Position",
    "ProvisioningJob",
    "ProvisioningStep",
    "ReadinessDay",
    "ReadinessNotice",
    "ReadinessToken",
    "Reminder",
    "Rule",
    "RuleProfile",
    "RuleResult",
    "RuleStanding",
    "ScanRun",
    "ScimResource",
    "ScimToken",
    "SecondOpinion",
    "Session",
    "Snapshot",
    "Source",
    "SourceRecord",
    "TestLetter",
    "TotpDevice",
    "Waiver",
]
