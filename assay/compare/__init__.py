"""Run records against each other: what changed, what got slower, and how sure that is. Sends nothing.

What is counted is the repetition, or the run where a side has several, and never the request.
"""
