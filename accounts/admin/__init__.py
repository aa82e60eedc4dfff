"""The administration of people: each module registers its pages; roles get their rights here."""

from accounts.admin import accounts, agencies, groups, people  # noqa: F401  # they register themselves
from accounts.people.roles import HR_OFFICER, OPERATOR, grant, rights_over

grant(
    HR_OFFICER,
    *rights_over("view", "agency", "agencydomain", "account"),
    *rights_over("add change view", "official", "position", "assignment", "orgunit"),
    *rights_over("add change", "account"),
    *rights_over("delete", "assignment"),
)
grant(
    OPERATOR,
    *rights_over("view add change", "agency", "agencydomain"),
    *rights_over("view", "account", "official", "position", "assignment", "orgunit"),
    "accounts.reset_second_factor",
    "accounts.administer_every_agency",
)
