"""The HTTP skin: views read a request, call the core, and shape the answer."""
