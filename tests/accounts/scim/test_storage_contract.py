from __future__ import annotations

from typing import Any

import pytest
from scim2_models import ScimProvider
from scim2_server.testing import ScimStorageContract

from accounts.models import Agency, Source
from accounts.scim.schemas import provider
from accounts.scim.storage import SourceStorage

pytestmark = pytest.mark.django_db


class TestTheLibrarysContract(ScimStorageContract):
    """Every rule scim2-server asks of a storage, against PostgreSQL."""

    @pytest.fixture
    def provider(self) -> ScimProvider:
        return provider()

    @pytest.fixture
    def storage(self) -> Any:
        agency = Agency.objects.create(name_th="กรมทดสอบ")
        return SourceStorage(
            Source.objects.create(agency=agency, kind=Source.Kind.SCIM, name="idm")
        )
