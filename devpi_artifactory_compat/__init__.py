"""Artifactory-style PyPI repositories for devpi-server."""
