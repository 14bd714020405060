"""Nothing of ours is left behind by an export."""

from __future__ import annotations

from devpi_artifactory_compat.storage import keys
from devpi_artifactory_compat.storage.transfer.kinds import KINDS
from devpi_artifactory_compat.storage.transfer.kinds import NOT_CARRIED
from pathlib import Path


DOCS = Path(__file__).parents[2] / "docs" / "operations.md"


def test_every_key_is_carried_or_comes_back_by_itself() -> None:
    names = [value for name, value in vars(keys).items() if name.isupper() and name[0] != "_"]
    ours = {name for name in names if isinstance(name, str)}
    carried = [name for kind in KINDS for name in kind.key_names]

    assert ours
    assert sorted([*carried, *NOT_CARRIED]) == sorted(ours)


def test_every_kind_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")

    assert [kind.name for kind in KINDS if f"`{kind.name}.jsonl`" not in text] == []
