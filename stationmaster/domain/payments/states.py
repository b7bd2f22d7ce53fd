"""How far a payment is, and every way on from there: a table that a test walks through.

A provider tells late, twice, and in any order. So a word that is older than what is known changes nothing, and money that comes where none is wanted any
more goes back (M-19); the provider is asked where a word fits nothing.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

State = Literal[
    "asked",  # here; the provider has not answered yet
    "pending",  # the payer has yet to pay
    "authorised",  # the amount is held
    "capturing",  # of what is held we have asked for our part
    "releasing",  # we want none of it
    "paid",
    "released",  # nothing was taken, nothing is held
    "refused",
    "expired",  # nobody has paid in time
    "lost",  # what was held could not be taken: what is owed is a claim (M-18)
    "reversed",  # it was paid, and the payer's bank took it back
]
STATES: tuple[State, ...] = get_args(State)
OPEN: tuple[State, ...] = ("asked", "pending", "authorised", "capturing", "releasing")
"""Something is to follow."""

Word = Literal[
    # What the provider tells, by an answer, a webhook or when it is asked (payment_words.py).
    "pending",
    "authorised",
    "paid",
    "released",
    "refused",
    "expired",
    "reversed",
    # What we do.
    "capture",
    "release",
    "time_over",
    # The provider has refused what we asked of it.
    "begin_refused",
    "capture_refused",
]
WORDS: tuple[Word, ...] = get_args(Word)

Effect = Literal[
    "nothing",
    "hold",  # something may begin: the amount is there
    "take",  # it is ours: book it
    "free",  # nothing is held any more
    "fail",  # it came to nothing, and nothing was held
    "claim",  # what we wanted of the hold is owed to us now
    "give_back",  # money that nobody wants any more: refund it
    "let_go",  # a hold that nobody wants any more: release it
    "take_back",  # it is not ours any more: book that
]


class Move(NamedTuple):
    """Where it leads, and what is to be done then."""

    to: State
    effect: Effect = "nothing"


_TABLE: dict[State, dict[Word, Move | None]] = {
    "asked": {
        "pending": Move("pending"),
        "authorised": Move("authorised", "hold"),
        "paid": Move("paid", "take"),
        "released": Move("released", "fail"),
        "refused": Move("refused", "fail"),
        "expired": Move("expired", "fail"),
        "reversed": Move("reversed", "fail"),
        "release": Move("releasing"),
        "time_over": Move("expired", "fail"),
        "begin_refused": Move("refused", "fail"),
    },
    "pending": {
        "pending": None,
        "authorised": Move("authorised", "hold"),
        "paid": Move("paid", "take"),
        "released": Move("released", "fail"),
        "refused": Move("refused", "fail"),
        "expired": Move("expired", "fail"),
        "reversed": Move("reversed", "fail"),
        "release": Move("releasing"),
        "time_over": Move("expired", "fail"),
        "begin_refused": None,
    },
    "authorised": {
        "pending": None,
        "authorised": None,
        "paid": Move("paid", "take"),
        "released": Move("released", "free"),
        "refused": Move("released", "free"),
        "expired": Move("released", "free"),
        "reversed": Move("reversed", "free"),
        "capture": Move("capturing"),
        "release": Move("releasing"),
        "time_over": None,
        "begin_refused": None,
    },
    "capturing": {
        "pending": None,
        "authorised": None,
        "paid": Move("paid", "take"),
        "released": Move("lost", "claim"),
        "refused": Move("lost", "claim"),
        "expired": Move("lost", "claim"),
        "reversed": Move("lost", "claim"),
        "capture": None,
        "time_over": None,
        "capture_refused": Move("lost", "claim"),
        "begin_refused": None,
    },
    "releasing": {
        "pending": None,
        "authorised": None,
        "paid": Move("released", "give_back"),
        "released": Move("released", "free"),
        "refused": Move("released", "free"),
        "expired": Move("released", "free"),
        "reversed": Move("released", "free"),
        "release": None,
        "time_over": None,
        "begin_refused": Move("released", "free"),
    },
    "paid": {
        "pending": None,
        "authorised": None,
        "paid": None,
        "released": None,
        "refused": None,
        "expired": None,
        "reversed": Move("reversed", "take_back"),
        "capture": None,
        "time_over": None,
        "begin_refused": None,
        "capture_refused": None,
    },
    "released": {
        "pending": None,
        "authorised": Move("released", "let_go"),
        "paid": Move("released", "give_back"),
        "released": None,
        "refused": None,
        "expired": None,
        "reversed": None,
        "release": None,
        "time_over": None,
        "begin_refused": None,
    },
    "refused": {
        "pending": None,
        "authorised": Move("refused", "let_go"),
        "paid": Move("refused", "give_back"),
        "released": None,
        "refused": None,
        "expired": None,
        "reversed": None,
        "release": None,
        "time_over": None,
        "begin_refused": None,
    },
    "expired": {
        "pending": None,
        "authorised": Move("expired", "let_go"),
        "paid": Move("expired", "give_back"),
        "released": None,
        "refused": None,
        "expired": None,
        "reversed": None,
        "release": None,
        "time_over": None,
        "begin_refused": None,
    },
    "lost": {
        "pending": None,
        "authorised": None,
        "paid": Move("lost", "give_back"),
        "released": None,
        "refused": None,
        "expired": None,
        "reversed": None,
        "capture": None,
        "time_over": None,
        "begin_refused": None,
        "capture_refused": None,
    },
    "reversed": {
        "pending": None,
        "authorised": None,
        "paid": None,
        "released": None,
        "refused": None,
        "expired": None,
        "reversed": None,
        "release": None,
        "capture": None,
        "time_over": None,
        "begin_refused": None,
        "capture_refused": None,
    },
}


class Misfit(Exception):
    """What was said fits nothing: ask the provider what is so."""


def move(state: State, word: Word) -> Move | None:
    """What a word does to a payment; None: it is known, or older than what is known. Raises `Misfit`."""
    try:
        return _TABLE[state][word]
    except KeyError:
        raise Misfit(f"{word} does not fit a payment that is {state}") from None
