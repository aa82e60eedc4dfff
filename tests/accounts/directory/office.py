"""The cast without mailboxes and authenticator apps: who imports people needs neither."""

from __future__ import annotations

from django.contrib.auth.models import Group

from accounts.models import Account, Agency, Official, Position
from accounts.people.roles import HR_OFFICER
from tests.cast import Cast, agency


def gather_office() -> Cast:
    transport = agency("กระทรวงคมนาคม", "Ministry of Transport", "คค", "transport.example")
    interior = agency("กระทรวงมหาดไทย", "Ministry of Interior", "มท", "interior.example")
    hana = _person("hana", transport, "หทัย ใจดีมาก")
    hana.is_staff = True
    hana.save(update_fields=["is_staff"])
    hana.groups.add(Group.objects.get(name=HR_OFFICER))
    return Cast(
        transport=transport,
        interior=interior,
        amina=_person("amina", transport, "อามีนา แสงทอง"),
        bruno=_person("bruno", transport, "บรูโน่ วงศ์สกุล"),
        chiara=_person("chiara", interior, "เคียร่า มั่นคง"),
        hana=hana,
    )


def _person(name: str, of: Agency, name_th: str) -> Account:
    given, family = name_th.split()
    official = Official.objects.create(given_name_th=given, family_name_th=family)
    position = Position.objects.create(agency=of, title_th="นักวิเคราะห์")
    official.assignments.create(position=position)
    return Account.objects.create(
        address=f"{name}@{of.domains.get().domain}",
        agency=of,
        official=official,
        state=Account.State.ACTIVE,
        language="en",
    )
