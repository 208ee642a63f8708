"""Ways of being broken, to try the rules with: named faults of small operators, applied by a proxy."""

from assay.faults.catalogue import FAULTS
from assay.faults.model import Fault

__all__ = ["FAULTS", "Fault"]
