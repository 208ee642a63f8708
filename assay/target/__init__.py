"""The deployment under test: reaching it, asking what it can do, and sending requests under one policy."""

from assay.target.client import Target
from assay.target.discovery import Capability, Fingerprint, discover
from assay.target.policy import KeyPlace, Policy

__all__ = ["Capability", "Fingerprint", "KeyPlace", "Policy", "Target", "discover"]
