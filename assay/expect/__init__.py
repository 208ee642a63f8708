"""Known deviations: failures that are true, listed with their reason, and no news to whoever reads the verdict."""

from assay.expect.known import Deviation, KnownDeviations, load, shipped

__all__ = ["Deviation", "KnownDeviations", "load", "shipped"]
