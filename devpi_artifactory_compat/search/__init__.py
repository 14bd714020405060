"""Searches over what the repositories hold, answered by a derived SQL database."""
