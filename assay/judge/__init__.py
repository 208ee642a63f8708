"""Comparing by meaning: boxes, keypoints, masks and pictures, and the named verifications that rules end with."""
