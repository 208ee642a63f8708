"""The run record: every exchange and every outcome of a run, as plain files that outlive it."""

from assay.record.model import Exchange, Finding, Outcome, OutcomeKind
from assay.record.reading import InvalidRecord, Run, read
from assay.record.redaction import KEY_VARIABLE, Redactor
from assay.record.withholding import Withholding
from assay.record.writing import CannotRecord, RecordWriter

__all__ = [
    "KEY_VARIABLE",
    "CannotRecord",
    "Exchange",
    "Finding",
    "InvalidRecord",
    "Outcome",
    "OutcomeKind",
    "RecordWriter",
    "Redactor",
    "Run",
    "Withholding",
    "read",
]
