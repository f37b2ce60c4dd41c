"""Smaller and faster forms of an exported network: half-precision weights, and 8-bit arithmetic."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, get_args

import numpy as np

from gazeclass.errors import InputError

Precision = Literal["fp32", "fp16", "int8"]
#: Pictures a batch while int8's ranges are fitted.
_BATCH = 16


def check_precision(name: str) -> Precision:
    """The precision of this name.

    Raises:
        InputError: there is none.
    """
    for known in get_args(Precision):
        if name == known:
            return known
    raise InputError(f"the precision '{name}' is none of {', '.join(get_args(Precision))}")


def to_fp16_weights(source: Path, target: Path) -> None:
    """Weights stored as float16 and widened once when the model is loaded: half the file, the same arithmetic.

    Float16 arithmetic has no instructions on most CPUs, where ONNX Runtime would convert back and forth at each layer.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(source))
    graph = model.graph
    kept, casts = [], []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < 16 or np.abs(values).max() > np.finfo(np.float16).max:
            kept.append(tensor)
            continue
        kept.append(numpy_helper.from_array(values.astype(np.float16), tensor.name + "_half"))
        casts.append(helper.make_node("Cast", [tensor.name + "_half"], [tensor.name], to=TensorProto.FLOAT))
    nodes = list(graph.node)
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend([*casts, *nodes])
    onnx.checker.check_model(model)
    onnx.save(model, str(target))


def to_int8(source: Path, target: Path, pictures: np.ndarray) -> None:
    """Static quantisation: weights per channel, activations by the ranges that real inputs take.

    Convolutions and linear layers only; the attention's products, sigmoids and the softmax stay float. Weights keep to
    7 bits, because 8 overflow in the 16-bit sums of CPUs without VNNI.

    Args:
        source: float model of one input.
        target: file to write.
        pictures: ``(n, 3, S, S)`` float32 as the network takes them: rendered heads of training.

    Raises:
        InputError: no pictures to fit the ranges on.
    """
    if not len(pictures):
        raise InputError("int8 needs pictures to fit its ranges on", todo="Give --calibration with rendered heads.")
    from onnxruntime.quantization import (
        CalibrationDataReader,
        CalibrationMethod,
        QuantFormat,
        QuantType,
        quantize_static,
    )
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        """Batches of the pictures, once."""

        def __init__(self, name: str) -> None:
            self._parts: Iterator[np.ndarray] = iter(np.array_split(pictures, max(1, len(pictures) // _BATCH)))
            self._name = name

        def get_next(self) -> dict[str, Any] | None:
            """The next batch, or None."""
            part = next(self._parts, None)
            return None if part is None else {self._name: part}

    import onnx

    with TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        name = onnx.load(str(prepared)).graph.input[0].name
        quantised = Path(folder) / "int8.onnx"
        quantize_static(
            str(prepared),
            str(quantised),
            Reader(name),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Gemm", "MatMul"],
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"MatMulConstBOnly": True},
        )
        shutil.copyfile(quantised, target)
