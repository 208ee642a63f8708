"""Benchmarks: workloads from `benchmarks/`, sent as load to one deployment or to two in turn, and recorded."""
