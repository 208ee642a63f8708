"""Annotated pictures: what is on a user's pictures by a data set of theirs, and how well answers say the same.

The data set is in COCO's form; the scores are COCO's too, computed by `faster-coco-eval`, which is an optional part.
"""
