"""Two answers to one request, compared by meaning, with tolerances that state where they come from.

`answers.likeness` compares whatever an operation answers; `profiles` holds what counts as different.
"""
