"""Ways of being broken, to try the rules with: faults of small operators, applied by a proxy.

Some are named, each with the rules that it breaks; the others are derived from the schemas.
"""

from assay.faults.catalogue import FAULTS
from assay.faults.derived import derived
from assay.faults.model import Derived, Fault

__all__ = ["FAULTS", "Derived", "Fault", "derived"]
