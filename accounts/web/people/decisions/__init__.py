"""Pages of what officers decide about the mandate: cases, exemptions, attestations."""

from django.urls import URLPattern, URLResolver

from accounts.web.people.decisions import attestations, cases, exemptions

urlpatterns: list[URLPattern | URLResolver] = [
    *cases.urlpatterns,
    *exemptions.urlpatterns,
    *attestations.urlpatterns,
]
