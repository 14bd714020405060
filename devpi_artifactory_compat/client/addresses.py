"""Where the server listens, and the URL at which it is reached there."""

from __future__ import annotations

from contextlib import ExitStack
from devpi_artifactory_compat.client.failure import CannotStart
from devpi_server.config import Config
from typing import Any
from waitress.adjustments import Adjustments
import os
import socket


#: what stands for "every address of this machine", and an address that a URL can name
ANY_ADDRESS = {"": "127.0.0.1", "*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound here


def check_addresses(config: Config) -> None:
    """Raises CannotStart unless every address can be listened on; leaves none of them bound."""
    settings = config.waitress_info["kwargs"]
    try:
        wanted = Adjustments(**settings).listen
    except ValueError as exc:
        raise CannotStart(f"Cannot listen on {spelled(settings)}: {exc}") from exc
    if "unix_socket" in settings:
        return
    with ExitStack() as stack:
        for family, kind, protocol, address in wanted:
            try:
                probe = stack.enter_context(socket.socket(family, kind, protocol))
                _bind(probe, address)
            except OSError as exc:
                raise cannot_listen(config, exc) from exc


def cannot_listen(config: Config, error: OSError) -> CannotStart:
    # a connection's error may carry more than the system's words, which are enough here
    reason = os.strerror(error.errno) if error.errno else str(error)
    return CannotStart(f"Cannot listen on {spelled(config.waitress_info['kwargs'])}: {reason}.")


def _bind(probe: socket.socket, address: Any) -> None:
    # the same options as waitress sets: a port that a stopped server used lately is free
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if probe.family == socket.AF_INET6:
        probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    probe.bind(address)


def spelled(settings: dict[str, Any]) -> str:
    """The addresses in waitress's settings as people write them."""
    if "unix_socket" in settings:
        return str(settings["unix_socket"])
    if "listen" in settings:
        return str(settings["listen"])
    return f"{_bracketed(settings['host'])}:{settings['port']}"


def base_url(config: Config) -> str:
    """The server's URL without a trailing slash: ``--outside-url``, else the first address."""
    if config.args.outside_url:
        return str(config.args.outside_url).rstrip("/")
    settings = config.waitress_info["kwargs"]
    if "unix_socket" in settings:
        return "http://localhost"
    host, port = _first_address(settings)
    return f"http://{_bracketed(ANY_ADDRESS.get(host, host))}:{port}"


def _first_address(settings: dict[str, Any]) -> tuple[str, str]:
    if "listen" not in settings:
        return str(settings["host"]).strip("[]"), str(settings["port"])
    host, _, port = str(settings["listen"]).split()[0].rpartition(":")
    return host.strip("[]"), port


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
