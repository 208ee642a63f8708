"""What writes the page of figures, tested without torch and without a GPU."""
