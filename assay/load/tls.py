"""TLS for what is timed: the same authorities and certificates as for any other request."""

from __future__ import annotations

import ssl

from assay.load.job import Job


def context_for(job: Job) -> ssl.SSLContext:
    """The context that the user's options ask for. Raises OSError and ssl.SSLError."""
    context = ssl.create_default_context(cafile=job.ca_bundle)
    if job.client_cert:
        context.load_cert_chain(job.client_cert, job.client_key)
    return context
