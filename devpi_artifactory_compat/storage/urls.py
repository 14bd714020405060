"""URLs of upstreams and proxies: what is secret in them, what they share, who is behind them."""

from __future__ import annotations

from urllib.parse import quote
from urllib.parse import unquote
from urllib.parse import unquote_plus
from urllib.parse import urlsplit
from urllib.parse import urlunsplit
from urllib.request import getproxies
from urllib.request import proxy_bypass


#: what stands in a query as it is (RFC 3986 3.4), and the sign of what is escaped already
_QUERY_CHARACTERS = "-._~!$&'()*+,;=:@/?%"

_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int | None]


def split_credentials(url: str) -> tuple[str, str, str]:
    """A URL as the URL without credentials, the user name and the password."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url, "", ""
    host = parts.netloc.rpartition("@")[2]
    return (
        urlunsplit(parts._replace(netloc=host)),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


def origin(url: str) -> Origin:
    """Scheme, host and port, with the scheme's own port made explicit."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ("", "", None)
    scheme = parts.scheme.lower()
    return (scheme, (parts.hostname or "").lower(), port or _PORTS.get(scheme))


def public_url(url: str) -> str:
    """A URL without credentials, query and fragment, which may be secret: for messages."""
    try:
        parts = urlsplit(split_credentials(url)[0])
    except ValueError:
        return "an invalid URL"
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))


def with_query(url: str, params: str) -> str:
    """The URL with more parameters, ``a=b&c=d``; those that it has already are not repeated."""
    parts = urlsplit(url)
    present = parts.query.split("&") if parts.query else []
    wanted = [item for item in params.strip("?&").split("&") if item and item not in present]
    return urlunsplit(parts._replace(query="&".join([*present, *wanted])))


def sendable_query(query: str) -> str:
    """A client's query string, bytes as Latin-1 as WSGI gives it, as it may stand in a URL."""
    return quote(query.encode("latin-1"), safe=_QUERY_CHARACTERS)


def with_new_parameters(url: str, query: str) -> str:
    """The URL with those parameters of a query whose names it does not have yet."""
    parts = urlsplit(url)
    present = parts.query.split("&") if parts.query else []
    names = {_parameter(item) for item in present}
    wanted = [item for item in query.split("&") if item and _parameter(item) not in names]
    return urlunsplit(parts._replace(query="&".join([*present, *wanted])))


def _parameter(item: str) -> str:
    return unquote_plus(item.partition("=")[0])


def is_proxy_url(value: str) -> bool:
    """Whether a ``proxy`` setting is the URL of a proxy and not a key of Artifactory's."""
    scheme, host, port = origin(value)
    return scheme in _PORTS and bool(host) and port is not None and value.isascii()


def environment_proxy(url: str) -> str | None:
    """The proxy that ``http_proxy``, ``https_proxy``, ``all_proxy``, ``no_proxy`` tell to use."""
    scheme, host, port = origin(url)
    proxies = getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or proxy_bypass(f"{host}:{port}"):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"
