"""Tests of the rig that need no real server."""
