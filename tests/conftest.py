"""What all tests share: no property is failed by a slow moment of the machine, nor a gate by a draw of chance.

And no test tells the workflow in which it runs what became of a deployment.
"""

from __future__ import annotations

import os

from hypothesis import settings

for variable in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
    os.environ.pop(variable, None)
settings.register_profile("patient", deadline=None)
settings.register_profile("gate", deadline=None, derandomize=True)
settings.load_profile("gate" if os.environ.get("CI") else "patient")
