"""Asking the routes about the server itself."""

from __future__ import annotations

from assay.contract.message import Request
from assay.plugin.drivers.base import Driver


class ServiceDriver(Driver):
    """Asks a route that takes no picture and needs no model."""

    def plain_request(self) -> Request:
        """The route itself: there is nothing to vary."""
        return self.operation.request()
