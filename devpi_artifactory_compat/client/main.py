"""The entry point of the command ``devpi-artifactory``."""

from __future__ import annotations

from devpi_artifactory_compat.client.export_command import export
from devpi_artifactory_compat.client.import_command import import_
from devpi_artifactory_compat.client.serve import serve
from devpi_artifactory_compat.client.search_command import search
import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="devpi-artifactory-compat")
def main() -> None:
    """Artifactory-style PyPI repositories on devpi-server."""


main.add_command(serve)
main.add_command(export)
main.add_command(import_)
main.add_command(search)
