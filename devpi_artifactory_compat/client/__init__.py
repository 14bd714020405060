"""The command ``devpi-artifactory``."""
