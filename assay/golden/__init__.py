"""Golden answers: those of a trusted deployment, kept as plain files, and held against what a deployment says now.

`recording` writes a bundle, `checking` holds a deployment to one, and `approving` takes over what came instead.
"""
