"""Every state of a payment, and what every word does to it: the table, told a second time as a person reads it."""

from __future__ import annotations

import itertools

import pytest

from stationmaster.domain.payments.states import STATES, WORDS, Misfit, Move, move

# `·` changes nothing, `?` fits nothing: the provider is asked. `*` is the state itself.
TABLE = """
             pending   authorised    paid              released        refused         expired         reversed            capture    release    time_over     begin_refused   capture_refused
asked        pending   authorised/hold paid/take       released/fail   refused/fail    expired/fail    reversed/fail       ?          releasing  expired/fail  refused/fail    ?
pending      ·         authorised/hold paid/take       released/fail   refused/fail    expired/fail    reversed/fail       ?          releasing  expired/fail  ·               ?
authorised   ·         ·             paid/take         released/free   released/free   released/free   reversed/free       capturing  releasing  ·             ·               ?
capturing    ·         ·             paid/take         lost/claim      lost/claim      lost/claim      lost/claim          ·          ?          ·             ·               lost/claim
releasing    ·         ·             released/give_back released/free  released/free   released/free   released/free       ?          ·          ·             released/free   ?
paid         ·         ·             ·                 ·               ·               ·               reversed/take_back  ·          ?          ·             ·               ·
released     ·         */let_go      */give_back       ·               ·               ·               ·                   ?          ·          ·             ·               ?
refused      ·         */let_go      */give_back       ·               ·               ·               ·                   ?          ·          ·             ·               ?
expired      ·         */let_go      */give_back       ·               ·               ·               ·                   ?          ·          ·             ·               ?
lost         ·         ·             */give_back       ·               ·               ·               ·                   ·          ?          ·             ·               ·
reversed     ·         ·             ·                 ·               ·               ·               ·                   ·          ·          ·             ·               ·
"""


def told() -> dict[tuple[str, str], str]:
    first, *lines = TABLE.strip().splitlines()
    words = first.split()
    cells: dict[tuple[str, str], str] = {}
    for line in lines:
        state, *row = line.split()
        assert len(row) == len(words), state
        cells |= {(state, word): cell.replace("*", state) for word, cell in zip(words, row, strict=True)}
    return cells


def test_every_word_in_every_state() -> None:
    expected = told()
    assert set(expected) == set(itertools.product(STATES, WORDS))
    for state, word in itertools.product(STATES, WORDS):
        try:
            found = move(state, word)
        except Misfit:
            cell = "?"
        else:
            cell = "·" if found is None else f"{found.to}/{found.effect}".removesuffix("/nothing")
        assert cell == expected[state, word], (state, word)


@pytest.mark.parametrize("news", list(itertools.permutations(("pending", "authorised", "refused"), 3)))
def test_PAY_02_what_is_old_changes_nothing_after_money_has_come(news: tuple[str, ...]) -> None:
    assert all(move("paid", word) is None for word in WORDS if word in news)


def test_M_18_after_a_hold_is_lost_only_money_moves_it() -> None:
    moved = {word: found for word in WORDS if word != "release" and (found := move("lost", word)) is not None}
    assert moved == {"paid": Move("lost", "give_back")}
