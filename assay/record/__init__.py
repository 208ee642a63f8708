"""The run record: every exchange, outcome and measurement of a run, as plain files that outlive it."""

from assay.record.comparison import Comparison, Shown
from assay.record.measurement import Figure, Load, Measurement, Scenario
from assay.record.model import NOT_COME_TO, Exchange, Finding, Outcome, OutcomeKind
from assay.record.reading import InvalidRecord, Run, read
from assay.record.redaction import KEY_VARIABLE, Redactor
from assay.record.score import ClassScore, Score
from assay.record.withholding import Withholding
from assay.record.writing import Beside, CannotRecord, Place, RecordWriter

__all__ = [
    "KEY_VARIABLE",
    "NOT_COME_TO",
    "Beside",
    "CannotRecord",
    "ClassScore",
    "Comparison",
    "Exchange",
    "Figure",
    "Finding",
    "InvalidRecord",
    "Load",
    "Measurement",
    "Outcome",
    "OutcomeKind",
    "Place",
    "RecordWriter",
    "Redactor",
    "Run",
    "Scenario",
    "Score",
    "Shown",
    "Withholding",
    "read",
]
