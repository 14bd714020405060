"""Lists of all projects: sorted, normalised, each name once, and what tells two of them apart."""

from __future__ import annotations

from devpi_artifactory_compat.repositories.project_lists import filtered
from devpi_artifactory_compat.repositories.project_lists import listed
from devpi_artifactory_compat.repositories.project_lists import merged
from hypothesis import given
from hypothesis import strategies as st
from itertools import chain
from packaging.utils import canonicalize_name


NAMES = st.lists(st.sampled_from(["a", "A", "b-c", "b_c", "b", "z.z", "0"]))


@given(NAMES)
def test_list_is_sorted_normalised_and_without_repeats(names: list[str]) -> None:
    projects = listed(names)

    assert list(projects.names()) == sorted({canonicalize_name(name) for name in names})
    assert list(projects.names()) == list(projects.names())
    assert projects.count == len(list(projects.names()))


@given(NAMES, NAMES)
def test_etags_differ_when_the_names_do(one: list[str], other: list[str]) -> None:
    first, second = listed(one), listed(other)

    assert (first.etag == second.etag) == (list(first.names()) == list(second.names()))


@given(st.lists(NAMES, max_size=4))
def test_merged_list_has_the_names_of_all(lists: list[list[str]]) -> None:
    everything = merged([listed(names) for names in lists])

    assert list(everything.names()) == list(listed(chain.from_iterable(lists)).names())
    assert everything.count >= len(list(everything.names()))


def test_merged_list_of_one_is_that_one() -> None:
    only = listed(["a"])

    assert merged([only]) is only


def test_merged_etag_follows_the_members_and_not_their_order() -> None:
    a, b, c = listed(["a"]), listed(["b"]), listed(["c"])

    assert merged([a, b]).etag == merged([b, a]).etag
    assert len({merged(lists).etag for lists in ([a, b], [a, c], [a, b, c], [])}) == 4


def test_filtered_list_has_the_accepted_names_and_its_own_etag() -> None:
    everything = listed(["a", "b", "c"])
    some = filtered(everything, lambda name: name != "b", rule="not b")
    others = filtered(everything, lambda name: name != "c", rule="not c")

    assert list(some.names()) == ["a", "c"]
    assert len({everything.etag, some.etag, others.etag}) == 3
