"""ONNX files: the model, and its tensors as arrays. Nothing of a file is trusted before it is checked."""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from ....errors import FileFormatError, TooLargeError, UnsupportedLayerError, counted, printable

#: No message of protobuf is larger.
LARGEST = 2**31
#: Bytes of a number, for the types that are read.
SIZES = {
    TensorProto.FLOAT: 4,
    TensorProto.DOUBLE: 8,
    TensorProto.FLOAT16: 2,
    TensorProto.BFLOAT16: 2,
    TensorProto.BOOL: 1,
    TensorProto.INT8: 1,
    TensorProto.INT16: 2,
    TensorProto.INT32: 4,
    TensorProto.INT64: 8,
    TensorProto.UINT8: 1,
    TensorProto.UINT16: 2,
    TensorProto.UINT32: 4,
    TensorProto.UINT64: 8,
}


def read_model(path: Path) -> onnx.ModelProto:
    """Return the model of a file: a message that can be parsed, all names of which are text."""
    if path.exists() and not path.is_file():
        raise FileFormatError("not a file")
    if path.stat().st_size >= LARGEST:
        raise TooLargeError("a model of 2 GiB or more cannot be parsed; keep its weights in a file beside it")
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except Exception as error:  # protobuf's own, of a class that depends on its version
        raise FileFormatError(f"not an ONNX file: {one_line(error)}") from error
    if not model.HasField("graph"):
        raise FileFormatError("not an ONNX file: there is no graph in it")
    if model.ir_version > onnx.IR_VERSION:
        raise UnsupportedLayerError(
            f"version {model.ir_version} of the file format; onnx {onnx.__version__} knows it up to "
            f"{onnx.IR_VERSION}: pip install --upgrade onnx"
        )
    if not all(isinstance(name, str) for name in _names(model)):
        raise FileFormatError("not an ONNX file: a name in it is no UTF-8 text")
    return model


def _names(model: onnx.ModelProto) -> Iterator[Any]:
    graph = model.graph
    for value in (*graph.input, *graph.output, *graph.initializer):
        yield value.name
    for tensor in graph.sparse_initializer:
        yield tensor.values.name
    for opset in model.opset_import:
        yield opset.domain
    for function in model.functions:
        yield from (function.domain, function.name)
    for node in graph.node:
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
        for attribute in node.attribute:
            yield from (attribute.name, attribute.ref_attr_name)


def array_of(tensor: TensorProto, folder: Path) -> NDArray[Any]:
    """Return the numbers of a tensor; those that lie in another file may do so within the folder only.

    Raises
    ------
    FileFormatError
        If the shape does not fit the data, or the data are not where they may be.
    UnsupportedLayerError
        If it does not hold numbers of a type that can be read.
    """
    name = f"tensor '{printable(tensor.name)}'"
    if tensor.data_type not in SIZES:
        raise UnsupportedLayerError(f"{name}: numbers of the type {type_name(tensor.data_type)}")
    shape = tuple(tensor.dims)
    if any(n < 0 for n in shape):
        raise FileFormatError(f"{name}: a shape of {shape}")
    try:
        if tensor.data_location == TensorProto.EXTERNAL:
            tensor = _brought_in(tensor, folder)
        elif tensor.HasField("raw_data") and len(tensor.raw_data) != _bytes(tensor):
            raise FileFormatError(
                f"a shape of {shape} is {counted(_bytes(tensor), 'byte')}, got {len(tensor.raw_data):,}"
            )
        array: NDArray[Any] = numpy_helper.to_array(tensor)
    except FileFormatError as error:
        raise FileFormatError(f"{name}: {error}") from error
    except (ValueError, TypeError, OverflowError) as error:
        raise FileFormatError(f"{name}: its shape {shape} and its data do not fit: {error}") from error
    return array


def widened(array: NDArray[Any]) -> NDArray[Any]:
    """Floats of any kind as float64, without loss; whole numbers and truth values as they are."""
    if array.dtype.kind in "iub":
        return array
    with np.errstate(invalid="ignore"):  # numpy warns of some that are not finite
        return np.asarray(array.astype(np.float64))


def type_name(elem_type: int) -> str:
    """The name of a type of numbers."""
    known = TensorProto.DataType.values()
    return str(TensorProto.DataType.Name(elem_type)) if elem_type in known else f"number {elem_type}"


def one_line(error: Exception) -> str:
    """What another library says went wrong, as a part of a message."""
    return printable(" ".join(str(error).split())) or type(error).__name__


def _bytes(tensor: TensorProto) -> int:
    return int(math.prod(tensor.dims) * SIZES[tensor.data_type])


def _brought_in(tensor: TensorProto, folder: Path) -> TensorProto:
    """The tensor with the data that it has in another file."""
    said = {entry.key: entry.value for entry in tensor.external_data}
    if not all(isinstance(text, str) for item in said.items() for text in item):
        raise FileFormatError("where its data lie, is no UTF-8 text")
    place = _within(folder, said.get("location", ""))
    offset, needed = _whole(said, "offset", 0), _bytes(tensor)
    length = _whole(said, "length", needed)
    if length != needed:
        raise FileFormatError(f"its shape is {counted(needed, 'byte')}, its length is said to be {length:,}")
    try:
        found = place.stat()
        if not stat.S_ISREG(found.st_mode):
            raise FileFormatError(f"{printable(place.name)} is not a file")
        if offset + needed > found.st_size:
            raise FileFormatError(
                f"{printable(place.name)} has {counted(found.st_size, 'byte')}, "
                f"fewer than {offset:,} + {needed:,}"
            )
        with place.open("rb") as file:
            file.seek(offset)
            data = file.read(needed)
    except OSError as error:
        raise FileFormatError(
            f"{printable(place.name)} cannot be read: {error.strerror or one_line(error)}"
        ) from error
    return TensorProto(dims=tensor.dims, data_type=tensor.data_type, raw_data=data)


def _within(folder: Path, location: str) -> Path:
    """A place in the folder; not one that leads out of it, be it by a symbolic link."""
    parts = location.replace("\\", "/").split("/")
    root = Path(os.path.realpath(folder))
    if not location or "\0" in location or ".." in parts or os.path.isabs(location):
        raise FileFormatError(f"its data lie in '{printable(location)}'; it must be a file beside the model")
    place = Path(os.path.realpath(root / location))
    if root not in place.parents:
        raise FileFormatError(
            f"its data lie in '{printable(location)}', which leads out of the model's folder"
        )
    return place


def _whole(said: dict[str, str], key: str, default: int) -> int:
    text = said.get(key, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise FileFormatError(f"its {key} is '{printable(text[:40])}', which is no whole number")
    return int(text)
