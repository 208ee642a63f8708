"""Requests that nobody means well by, within stated bounds: they are to find a careless server, and not to fell it."""

from assay.generate.hostile.pictures import MOST_PIXELS
from assay.generate.hostile.requests import Ground, Hostile, hostile, knocking_pickle, themes

__all__ = ["MOST_PIXELS", "Ground", "Hostile", "hostile", "knocking_pickle", "themes"]
