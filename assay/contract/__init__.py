"""The promise: operations, their schemas, and the rules that hold a deployment to them."""

from assay.contract.catalogue import Contract, load
from assay.contract.checkpoints import Checkpoint, checkpoint_of, sort_violations
from assay.contract.message import Request, Response
from assay.contract.operations import Body, InvalidRequest, Mode, Operation, Parameter
from assay.contract.schemas import Violation
from assay.contract.source import PROMISED, Document, Source, Strength

__all__ = [
    "PROMISED",
    "Body",
    "Checkpoint",
    "Contract",
    "Document",
    "InvalidRequest",
    "Mode",
    "Operation",
    "Parameter",
    "Request",
    "Response",
    "Source",
    "Strength",
    "Violation",
    "checkpoint_of",
    "load",
    "sort_violations",
]
