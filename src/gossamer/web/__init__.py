"""Shared parts of HTML pages: styles, the network in plain JavaScript, and templates."""

from gossamer.web.network import page_network
from gossamer.web.page import content_policy, environment, script
from gossamer.web.try_page import try_page

__all__ = ["content_policy", "environment", "page_network", "script", "try_page"]
