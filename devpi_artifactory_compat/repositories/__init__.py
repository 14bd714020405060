"""Repositories: what they are configured to do, and what they answer."""
