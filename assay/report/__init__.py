"""What people and machines read of a run: pure functions of its record and artifacts.

`html`, `junit`, `summary` and `terminal` each render a `Run`; `verdict` draws the verdict from outcomes.
"""
