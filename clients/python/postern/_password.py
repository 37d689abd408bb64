"""Passwords by the recipes of the official SDKs: the same ranges, alphabets, guarantees and texts. Every
password that a recipe allows is equally likely. A draw that lacks a promised kind of character is
thrown away whole: mending it would make some passwords likelier than others."""

from __future__ import annotations

import secrets
from functools import lru_cache
from typing import Tuple

from ._generated_recipes import (
    DIGITS,
    LETTERS,
    PIN_RANGE,
    RANDOM_RANGE,
    SYMBOLS,
    WORDS_RANGE,
)
from ._generated_types import (
    PasswordRecipe,
    PasswordRecipeMemorableInner,
    PasswordRecipePin,
    PasswordRecipeRandom,
    PasswordRecipeRandomInner,
)
from ._table_error import table_error

_ALL_DIGITS = "0123456789"
_SEPARATORS = {"spaces": " ", "hyphens": "-", "underscores": "_", "periods": ".", "commas": ","}

# The beginnings, vowels and ends of syllables.
_ONSETS = (
    " b c d f g h j k l m n p r s t v w y z bl br ch cl cr dr fl fr gl gr pl pr"
    " sh sk sl sm sn sp st sw th tr tw wh"
).split(" ")
_NUCLEI = "a e i o u ai au ea ee ie oa oi oo ou".split(" ")
_CODAS = (
    " b d f g k l m n p r s t v x z ck ct ft ld lf lk lm lp lt mp nd ng nk nt pt"
    " rd rk rm rn rp rt sh sk sp st th"
).split(" ")
_LONGEST_SYLLABLE = 4


def make_password(recipe: PasswordRecipe) -> str:
    """Makes a password. Raises InvalidRecipeError, in the official words, for a length out of range."""
    if isinstance(recipe, PasswordRecipePin):
        length = recipe.parameters.length
        _demand(length, PIN_RANGE, "PIN length must be between 4 and 12")
        return _characters(_ALL_DIGITS, length)
    if isinstance(recipe, PasswordRecipeRandom):
        return _random(recipe.parameters)
    return _memorable(recipe.parameters)


def _demand(value: int, allowed: Tuple[int, int], text: str) -> None:
    least, most = allowed
    if not least <= value <= most:
        raise table_error("invalidRecipe", text)


def _characters(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _has_any(text: str, alphabet: str) -> bool:
    return any(character in alphabet for character in text)


def _random(recipe: PasswordRecipeRandomInner) -> str:
    _demand(recipe.length, RANDOM_RANGE, "Password length must be between 8 and 100")
    digits = DIGITS if recipe.include_digits else ""
    symbols = SYMBOLS if recipe.include_symbols else ""
    while True:
        made = _characters(LETTERS + digits + symbols, recipe.length)
        if all(_has_any(made, promised) for promised in (digits, symbols) if promised):
            return made


def _memorable(recipe: PasswordRecipeMemorableInner) -> str:
    count = recipe.word_count
    _demand(count, WORDS_RANGE, "Word count must be between 3 and 15")
    chunks = word_list(str(recipe.word_list_type.value))
    words = [secrets.choice(chunks) for _ in range(count)]
    if recipe.capitalize:
        raised = secrets.randbelow(count)
        words[raised] = words[raised].upper()
    gaps = _gaps(str(recipe.separator_type.value), count - 1)
    return words[0] + "".join(gap + word for gap, word in zip(gaps, words[1:]))


def _gaps(separator: str, count: int) -> str:
    if separator in _SEPARATORS:
        return _SEPARATORS[separator] * count
    if separator == "digits":
        return _characters(DIGITS, count)
    while True:
        made = _characters(_ALL_DIGITS + SYMBOLS, count)
        if _has_any(made, _ALL_DIGITS) and _has_any(made, SYMBOLS):
            return made


@lru_cache(maxsize=None)
def word_list(name: str) -> Tuple[str, ...]:
    """The chunks of a list, in order."""
    if name == "fullWords":
        # Kept out of the start of a program, since few programs make passwords.
        from ._generated_word_list import WORDS

        return tuple(WORDS.split())
    return _syllables() if name == "syllables" else _three_letters()


def _three_letters() -> Tuple[str, ...]:
    """Three letters of a-z without i, l, o and s. No two neighbours are equal."""
    letters = "abcdefghjkmnpqrtuvwxyz"
    return tuple(a + b + c for a in letters for b in letters for c in letters if a != b != c)


def _syllables() -> Tuple[str, ...]:
    every = (a + b + c for a in _ONSETS for b in _NUCLEI for c in _CODAS)
    return tuple(dict.fromkeys(one for one in every if 2 <= len(one) <= _LONGEST_SYLLABLE))
