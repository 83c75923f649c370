"""A model as a service over HTTP: bounded in all that clients could make large, and ended without loss."""

from gossamer.serve.app import http_app
from gossamer.serve.limits import Limits
from gossamer.serve.server import listen, run
from gossamer.serve.service import Service

__all__ = ["Limits", "Service", "http_app", "listen", "run"]
