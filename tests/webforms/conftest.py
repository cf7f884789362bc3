"""The demonstration council behind the web application."""

from tests.webforms.site import app, built_assets, council, demonstrations, site

__all__ = ["app", "built_assets", "council", "demonstrations", "site"]
