"""Code that runs in the server's own environment: it paints pictures, makes models and serves them."""

from . import torchvision_ops  # noqa: F401  (before any module that imports torchvision)
