"""Rows of text from columns of attributes: one template for all rows that have the same attributes.

A template is filled by Python's ``%``, which is the quickest way there is to write a row. Floats are written
by ``repr``: the shortest text that reads back as the same float64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..complex.attributes import Column

#: How a value of each kind is written. Truth values are made ``true`` and ``false`` before.
PLACES = {bool: "%s", int: "%d", float: "%r", str: "%s"}


def filled(
    template: Callable[[Sequence[Column]], str],
    heads: Sequence[Sequence[Any]],
    columns: Sequence[Column],
) -> Iterator[str]:
    """Yield a text for each row.

    Parameters
    ----------
    template : callable
        Given the columns that a row has, the text with a place for each head, then one for each of them.
    heads : sequence of columns
        What every row begins with, such as its number.
    columns : sequence of Column

    Examples
    --------
    >>> import numpy as np
    >>> ages = Column("age", np.array([7, 0]), np.array([False, True]))
    >>> def template(columns):
    ...     return "%s:" + "".join(f" {column.name}={PLACES[column.kind]}" for column in columns)
    >>> list(filled(template, [["Ann", "Bob"]], [ages, Column("tall", np.array([True, False]))]))
    ['Ann: age=7 tall=true', 'Bob: tall=false']
    """
    plain = [_written(column) for column in columns]
    if not any(column.missing is not None and column.missing.any() for column in columns):
        return map(template(columns).__mod__, zip(*heads, *plain, strict=True))
    return _filled_one_by_one(template, heads, columns, plain)


def _filled_one_by_one(
    template: Callable[[Sequence[Column]], str],
    heads: Sequence[Sequence[Any]],
    columns: Sequence[Column],
    plain: list[list[Any]],
) -> Iterator[str]:
    templates: dict[tuple[bool, ...], str] = {}
    for head, row in zip(zip(*heads, strict=True), zip(*plain, strict=True), strict=True):
        has = tuple(value is not None for value in row)
        if has not in templates:
            templates[has] = template([column for column, here in zip(columns, has, strict=True) if here])
        yield templates[has] % (*head, *(value for value in row if value is not None))


def _written(column: Column) -> list[Any]:
    """The values of a column, truth values as every format but Python writes them."""
    values = column.plain()
    if column.kind is bool:
        words = {True: "true", False: "false", None: None}
        return [words[value] for value in values]
    return values
