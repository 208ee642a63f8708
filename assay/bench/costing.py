"""What inferences cost: of a machine by its price, of the hosted service by its rule of billing."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import numpy as np

from assay.load.rows import Rows
from assay.record import Figure
from assay.target import Policy

THOUSAND: Final = 1000
LEAST_MS, MS_PER_CREDIT = 100.0, 500_000.0
"""Of the serverless service: a request is billed for at least so many ms of processing, and a credit is so many."""
SERVERLESS: Final = "serverless"


def by_the_hour(price: float, images_rate: float, n: int) -> Figure | None:
    """USD for 1,000 inferences on a machine that costs `price` an hour and does so many a second."""
    return Figure(price * THOUSAND / (3600 * images_rate), "USD", n) if images_rate > 0 else None


def billed(policy: Policy) -> bool:
    """Whether answers are billed by the time that they state: those of Roboflow's serverless service are."""
    return policy.hosted and (urlsplit(policy.url).hostname or "").split(".")[0] == SERVERLESS


def by_credits(rows: Rows, images: int) -> Figure | None:
    """Credits for 1,000 inferences by what each answer states in `X-Processing-Time`; None where one states nothing."""
    stated = rows.good["stated"]
    if not len(stated) or (stated < 0).any():
        return None
    each = np.maximum(stated / 1e3, LEAST_MS) / MS_PER_CREDIT
    return Figure(float(each.mean()) * THOUSAND / images, "credits", len(stated))
