"""Which layer may import which: CONTRIBUTING.md draws the same picture."""

from __future__ import annotations

from pathlib import Path
import ast
import devpi_artifactory_compat
import pytest


PACKAGE = "devpi_artifactory_compat"
ROOT = Path(devpi_artifactory_compat.__file__).parent

_CORE = {"errors", "model", "packages", "repositories"}

#: what each layer may import of ours
MAY_IMPORT = {
    "model": {"model"},
    "errors": {"errors"},
    "packages": {"errors", "model", "packages"},
    "repositories": _CORE,
    "indexing": _CORE | {"indexing"},
    "search": {"errors", "model", "packages", "search"},
    "storage": _CORE | {"indexing", "search", "storage"},
    "settings": {"settings"},
    "views": _CORE | {"indexing", "search", "settings", "storage", "views"},
    "client": {"client", "settings", "storage"},
    "routes": _CORE | {"indexing", "search", "settings", "storage", "views"},
    "plugin": {"settings", "storage"},
    "__init__": set(),
}

#: the only layers that know the host and the web framework
KNOWS_DEVPI = {"storage", "views", "routes", "plugin", "settings", "client"}
KNOWS_DEVPIS_MODEL = {"storage", "views", "routes", "plugin", "client"}
KNOWS_PYRAMID = {"views", "routes", "plugin"}

MODULES = sorted(ROOT.rglob("*.py"))


def layer_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_layer_imports_only_what_it_may(path: Path) -> None:
    layer = layer_of(path)
    ours = {name.split(".")[1] for name in imports_of(path) if name.startswith(f"{PACKAGE}.")}

    assert ours <= MAY_IMPORT[layer], f"{layer} may not import {ours - MAY_IMPORT[layer]}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_core_knows_neither_devpi_nor_pyramid(path: Path) -> None:
    layer = layer_of(path)
    roots = {name.split(".")[0] for name in imports_of(path)}

    if layer not in KNOWS_DEVPI:
        assert not roots & {"devpi_server", "devpi_common"}
    if layer not in KNOWS_PYRAMID:
        allowed = {"storage/reading.py"}
        if str(path.relative_to(ROOT)) not in allowed:
            assert not roots & {"pyramid", "webob"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_gateway_opens_devpis_key_file_system(path: Path) -> None:
    if layer_of(path) in {"storage", "client"}:
        return
    touched = {name for name in imports_of(path) if name.startswith("devpi_server.keyfs")}

    assert not touched


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_stay_readable(path: Path) -> None:
    """Not above 400 lines, no function above 60."""
    text = path.read_text()
    long = [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > 60
    ]

    assert text.count("\n") <= 400
    assert long == []
