"""Load, tested: facts that hold on a busy machine, and never seconds."""
