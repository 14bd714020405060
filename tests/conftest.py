from __future__ import annotations


# devpi's own fixtures: a plugin is tested against the host that it will meet
pytest_plugins = ["test_devpi_server.plugin"]
