"""What is here, what can be reached and what would be checked, before anything is; and a configuration of it.

A handful of requests, of which one at most is answered by a model: one that the target holds, or that the user names.
"""
