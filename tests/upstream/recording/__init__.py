"""Sample requests, and the real server's answers, written down in files that people and tests can read."""
