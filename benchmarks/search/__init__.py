"""Searches among a million artifacts."""
