"""From a schema to requests: valid ones that make sense, and ones that are invalid in one named way."""

from assay.generate.context import Context, Picture, askable
from assay.generate.invalid import Invalid, InvalidCase, invalid, invalid_cases
from assay.generate.keywords import ConflictingKeyword, UnknownKeyword
from assay.generate.valid import example, valid
from assay.generate.walk import UNKNOWN_CLASS, UnknownMeaning

__all__ = [
    "UNKNOWN_CLASS",
    "ConflictingKeyword",
    "Context",
    "Invalid",
    "InvalidCase",
    "Picture",
    "UnknownKeyword",
    "UnknownMeaning",
    "askable",
    "example",
    "invalid",
    "invalid_cases",
    "valid",
]
