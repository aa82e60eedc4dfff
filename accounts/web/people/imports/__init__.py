"""Imports of people: a file comes in, its plan is looked at, one officer or two agree."""

from accounts.web.people.imports.views import urlpatterns

__all__ = ["urlpatterns"]
