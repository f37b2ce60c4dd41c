"""Write an ONNX model and the card that goes with it (see gazeclass.models)."""

from pathlib import Path
from typing import Any

import onnx
import tomlkit

from gazeclass.atomic import write_bytes, write_text
from gazeclass.models import sha256_of


def write_model(
    path: Path, model: onnx.ModelProto, *, kind: str, licence: str, source: str, fields: dict[str, Any]
) -> None:
    """Save ``model`` at ``path`` and its card beside it.

    Args:
        path: ``NAME.onnx``.
        model: checked already.
        kind, licence, source: the card's fixed fields.
        fields: what else is to be known of it.
    """
    write_bytes(path, model.SerializeToString())
    card = tomlkit.document()
    for key, value in {"kind": kind, "sha256": sha256_of(path), "licence": licence, "source": source, **fields}.items():
        card[key] = value
    write_text(path.with_suffix(".toml"), tomlkit.dumps(card))
