"""What people and machines read of a run: pure functions of its record and artifacts.

`html`, `junit`, `ctrf`, `badge`, `summary`, `github` and `terminal` each render a `Run`, those for gates from its
`results`; `verdict` draws the verdict from outcomes.
"""
