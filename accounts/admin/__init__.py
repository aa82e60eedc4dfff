"""The administration of people: each module registers its pages; roles get their rights here."""

from accounts.admin import (  # noqa: F401  # they register themselves
    accounts,
    agencies,
    groups,
    mandate,
    people,
    sources,
    waiting,
)
from accounts.people.roles import (
    AUDITOR,
    EVALUATOR,
    HR_OFFICER,
    MAIL_OFFICER,
    OPERATOR,
    grant,
    rights_over,
)

# What everybody in the administration looks at, each within their reach.
_LOOKED_AT = (
    *rights_over("view", "agency", "agencycode", "agencydomain", "account", "orgunit"),
    *rights_over("view", "official", "position", "assignment", "personnelorder"),
    *rights_over("view", "gradescheme", "grade", "mandate", "mandaterule", "officialholiday"),
    *rights_over("view", "obligation", "obligationevent", "exemption", "attestation", "reminder"),
    *rights_over("view", "snapshot", "provisioningjob", "provisioningstep", "activation"),
    *rights_over("view", "secondopinion", "source", "importbatch"),
    "accounts.add_secondopinion",
    # The record of acts: facts about people, never mail. HR's within their reach.
    *rights_over("view", "auditevent"),
)
grant(
    HR_OFFICER,
    *_LOOKED_AT,
    *rights_over("add change", "official", "position", "assignment", "orgunit", "account"),
    *rights_over("delete", "assignment"),
    *rights_over("add", "personnelorder"),
)
grant(
    OPERATOR,
    *_LOOKED_AT,
    *rights_over("add change", "agency", "agencycode", "agencydomain"),
    *rights_over("add change", "gradescheme", "grade", "mandate", "mandaterule"),
    *rights_over("add change delete", "officialholiday"),
    *rights_over("change", "provisioningjob"),
    "accounts.reset_second_factor",
    "accounts.administer_every_agency",
)
# Whoever watches the officers is none of them: every act of the portal, and no page to act on.
grant(AUDITOR, *rights_over("view", "auditevent"), "accounts.administer_every_agency")
# The readiness gate: officers of the agency bring it through, evaluators from elsewhere decide.
grant(MAIL_OFFICER, "accounts.manage_readiness")
grant(EVALUATOR, "accounts.decide_readiness")
