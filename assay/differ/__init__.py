"""Two deployments asked the same questions, their answers compared by meaning.

Each is asked some questions twice: what moves there is its own noise, and no difference between the two.
"""
