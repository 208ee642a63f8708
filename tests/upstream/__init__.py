"""The rig: the real Roboflow Inference server, offline, with tiny models and a stub of its platform."""
