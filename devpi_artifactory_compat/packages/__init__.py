"""Distributions, their metadata and the pages that list them: bytes in, bytes out."""
