"""Real clients, in environments of their own, that drive the reference deployment with the documents' own code."""
