"""Small reusable operators, by what they act on; `assay.faults.catalogue` makes named faults of them."""
