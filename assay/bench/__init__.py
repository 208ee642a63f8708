"""Benchmarks: workloads from `benchmarks/`, sent as load to one deployment or to two in turn, and recorded."""

from assay.bench.pictures import Picture
from assay.bench.workload import Kit, Workload

__all__ = ["Kit", "Picture", "Workload"]
