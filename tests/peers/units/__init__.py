"""The room's own data, tested without any client."""
