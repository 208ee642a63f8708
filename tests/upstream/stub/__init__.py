"""A stub of Roboflow's platform: what the server asks it for before it serves a model, and nothing else."""
