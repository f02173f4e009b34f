"""Commands that take a network or a saved result: which of them a file is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InvalidInputError
from .where import Where

if TYPE_CHECKING:
    from ..complex.region_complex import RegionComplex


def is_result(file: Path) -> bool:
    """Whether a file says of itself that it is a whole result; networks may be ``.npz`` files, too."""
    from ..base.archives import read_archive
    from ..complex.result_files import FORMAT, RESULT_FORMATS

    if file.suffix.lower() not in RESULT_FORMATS:
        return False
    return str(read_archive(file, ("format",)).get("format")) == FORMAT


def load_saved(file: Path, where: Where, options: dict[str, Any], usual: dict[str, Any]) -> RegionComplex:
    """Load a result, which has its network, its box and its regions.

    Parameters
    ----------
    where : Where
    options : dict
        Those of the command that say how to read a network or how to enumerate it.
    usual : dict
        Their values if they are not given, where that is not None.

    Raises
    ------
    InvalidInputError
        If one of them is given.
    """
    from ..complex.region_complex import load_result

    given = [name for name, value in options.items() if value not in (None, (), False, usual.get(name))]
    if given or where != Where():
        what = f"--{given[0].replace('_', '-')}" if given else "--box" if where.sides else "a slice"
        raise InvalidInputError(f"{file}: a result has its network, box and regions: leave out {what}")
    return load_result(file)
