"""The reference deployment on a socket: `with running(create_app()) as url:`."""

from assay.serving import running

__all__ = ["running"]
