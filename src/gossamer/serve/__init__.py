"""A model as an HTTP service: everything that clients send is limited, and a shutdown loses no request."""

from gossamer.serve.access_log import AccessLog
from gossamer.serve.app import http_app
from gossamer.serve.hangups import Hangups
from gossamer.serve.limits import Limits
from gossamer.serve.live import Served
from gossamer.serve.server import listen, run
from gossamer.serve.service import Service

__all__ = ["AccessLog", "Hangups", "Limits", "Served", "Service", "http_app", "listen", "run"]
