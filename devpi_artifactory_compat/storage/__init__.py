"""The gateway to devpi: the only package that knows its model and its key file system."""
