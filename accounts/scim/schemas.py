"""What our SCIM server serves: users, groups, an extension for Thai officials, its abilities.

Of the user of RFC 7643 only what the portal uses is there: no password, photograph, home
address or messenger is ever taken in. Attributes we do not know are ignored, as identity
systems send their whole default mapping.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from scim2_models import (
    URN,
    AnyExtension,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    Email,
    EnterpriseUser,
    ETag,
    Extension,
    Filter,
    Group,
    Name,
    Pagination,
    Patch,
    PhoneNumber,
    Required,
    Resource,
    ResourceType,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)

# A page of a search, and the operations and octets of a bulk request, at most.
LARGEST_PAGE = 500
MOST_OPERATIONS = 500
LARGEST_BULK = 1_048_576


class User(Resource[AnyExtension]):
    """The user of RFC 7643, section 4.1, as far as the portal has a use for it."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    name: Name | None = None
    display_name: str | None = None
    nick_name: str | None = None
    title: str | None = None
    user_type: str | None = None
    preferred_language: str | None = None
    active: bool | None = None
    emails: list[Email] | None = None
    phone_numbers: list[PhoneNumber] | None = None


class ThaiOfficial(Extension):
    """What a Thai agency knows of an official besides; each wins over what the user says.

    unit_path: names from the agency down, outermost first, with / between. birth_date,
    valid_from, leaves_on: days, as 2026-10-01 or as Thai offices write them; what is no day
    is a row error of the plan.
    """

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:thaiofficial:2.0:User")

    title_th: str | None = None
    given_name_th: str | None = None
    family_name_th: str | None = None
    title_en: str | None = None
    given_name_en: str | None = None
    family_name_en: str | None = None
    birth_date: str | None = None
    position_number: Annotated[str | None, CaseExact.true] = None
    position_th: str | None = None
    position_en: str | None = None
    unit_path: str | None = None
    grade: str | None = None
    kind: str | None = None
    order_no: str | None = None
    valid_from: str | None = None
    leave_code: str | None = None
    leaves_on: str | None = None
    proposed_address: str | None = None


@cache
def provider() -> ScimProvider:
    """Return the description of the service; the same for every agency."""
    return ScimProvider(
        models=[User, EnterpriseUser, ThaiOfficial, Group],
        resource_types=[
            ResourceType.from_resource(User[EnterpriseUser | ThaiOfficial]),
            ResourceType.from_resource(Group),
        ],
        config=_abilities(),
        policy=ScimPolicy(
            unknown=ScimPolicy.Unknown.ignore,
            # Two widely used identity systems patch in these ways; neither is ambiguous.
            remove_value_as_filter=ScimPolicy.RemoveValue.apply,
            unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
        ),
    )


def model_of(kind: str) -> type[Resource[Any]]:
    """Return the model of "User" or "Group", extensions included."""
    model = provider().model_for(kind)
    assert model is not None
    assert issubclass(model, Resource)
    return model


def _abilities() -> ServiceProviderConfig:
    bearer = AuthenticationScheme(
        type=AuthenticationScheme.Type.oauthbearertoken,
        name="Bearer token",
        description="A token of the agency, made by its officer for people.",
        primary=True,
    )
    return ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=True, max_operations=MOST_OPERATIONS, max_payload_size=LARGEST_BULK),
        filter=Filter(supported=True, max_results=LARGEST_PAGE),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        authentication_schemes=[bearer],
        pagination=Pagination(
            cursor=True,
            index=True,
            default_pagination_method=Pagination.DefaultPaginationMethod.index,
            default_page_size=100,
            max_page_size=LARGEST_PAGE,
            cursor_timeout=3600,
        ),
    )
