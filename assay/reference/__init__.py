"""The embedded deployment: answers the documented operations from real pixels, by simple classical vision.

It stands beside the rest of the engine and imports the contract and the scenes only, never what judges or
generates, so that one mistake cannot hide in both. Where the documents and the open-source server disagree it
follows the documents.
"""
