"""Find a model, check its sha256 against its card, open its ONNX session.

A model is two files side by side: ``NAME.onnx`` and its card ``NAME.toml``. They are looked for in the user's folder
first (``settings().models_dir``), then among those that come with gazeclass. A model without a card, or whose bytes are
not those the card names, is never run.
"""

import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gazeclass.errors import InputError
from gazeclass.settings import settings

if TYPE_CHECKING:
    import onnxruntime

_PACKAGE = Path(__file__).resolve().parent
#: In a wheel the models travel inside the package; in a checkout they stand beside it.
BUNDLED_DIRS = (_PACKAGE / "_bundled" / "models", _PACKAGE.parent / "models")

KINDS = ("detector", "embedding", "headpose")


@dataclass(frozen=True)
class ModelCard:
    """What is known of a model file.

    Attributes:
        name: the name it is asked for by; the stem of both files.
        path: the ONNX file.
        kind: one of :data:`KINDS`.
        sha256: of the ONNX file, lower-case hex.
        licence: under which it may be used, in words or as SPDX.
        source: where it comes from.
        meta: everything else in the card (input size, normalisation, figures, limits).
    """

    name: str
    path: Path
    kind: str
    sha256: str
    licence: str
    source: str
    meta: dict[str, Any] = field(default_factory=dict)


def model_dirs() -> list[Path]:
    """Folders searched for models, the user's first."""
    return [folder for folder in (settings().models_dir, *BUNDLED_DIRS) if folder.is_dir()]


def read_card(path: Path) -> ModelCard:
    """Read a model card.

    Raises:
        InputError: unreadable TOML, a missing field or an unknown kind.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"the model card cannot be read ({error})", where=path) from error
    missing = [key for key in ("kind", "sha256", "licence", "source") if not isinstance(raw.get(key), str)]
    if missing:
        raise InputError(f"the model card lacks {', '.join(missing)}", where=path)
    if raw["kind"] not in KINDS:
        raise InputError(f"kind '{raw['kind']}' is none of {', '.join(KINDS)}", where=path)
    known = {key: raw.pop(key) for key in ("kind", "sha256", "licence", "source")}
    return ModelCard(name=path.stem, path=path.with_suffix(".onnx"), meta=raw, **known)


def list_cards() -> list[ModelCard]:
    """Cards of every model that can be found; a user's own hides a bundled one of the same name."""
    cards: dict[str, ModelCard] = {}
    for folder in model_dirs():
        for path in sorted(folder.glob("*.toml")):
            cards.setdefault(path.stem, read_card(path))
    return list(cards.values())


def find(name: str) -> ModelCard:
    """The card of the model called ``name``.

    Raises:
        InputError: there is none.
    """
    for folder in model_dirs():
        if (folder / f"{name}.toml").is_file():
            return read_card(folder / f"{name}.toml")
    raise InputError(
        f"there is no model '{name}'",
        where=settings().models_dir,
        todo="See `gazeclass models list` for those there are.",
    )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file as lower-case hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(card: ModelCard) -> None:
    """Check the model's bytes against its card.

    Raises:
        InputError: the file is missing or its hash differs.
    """
    if not card.path.is_file():
        raise InputError("the model file is missing", where=card.path, todo="Install gazeclass or the model again.")
    if (found := sha256_of(card.path)) != card.sha256.lower():
        raise InputError(
            f"damaged, or not the file its card describes (sha256 {found[:12]}…, card {card.sha256[:12]}…)",
            where=card.path,
            todo="Install gazeclass or the model again.",
        )


#: Sends what is computed to a service in the network. ONNX Runtime's plain package lists it; we never offer it.
_ELSEWHERE = "AzureExecutionProvider"


def available_providers() -> list[str]:
    """ONNX Runtime execution providers that compute on this machine, the best first."""
    import onnxruntime as ort

    return [name for name in ort.get_available_providers() if name != _ELSEWHERE]


def chosen_providers() -> list[str]:
    """ONNX Runtime execution providers as the settings wish and this machine has them; at least the CPU."""
    available = available_providers()
    return [name for name in settings().providers if name in available] or ["CPUExecutionProvider"]


def provider_in_use() -> str:
    """What the networks run on, in a word: "CPU", "CUDA", "CoreML", "OpenVINO", …"""
    return chosen_providers()[0].removesuffix("ExecutionProvider").replace("Dml", "DirectML")


def open_session(card: ModelCard, *, threads: int | None = None) -> "onnxruntime.InferenceSession":
    """Verify the model and open it with the providers and threads of the settings.

    Args:
        card: from :func:`find`.
        threads: intra-op threads; None takes the setting, 0 means all cores.

    Raises:
        InputError: damaged model, or one that ONNX Runtime cannot load.
    """
    import onnxruntime as ort

    verify(card)
    options = ort.SessionOptions()
    options.intra_op_num_threads = settings().cpu_threads if threads is None else threads
    options.inter_op_num_threads = 1
    # Spinning threads of several small sessions fight for the two cores we want to be fast on.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(str(card.path), options, providers=chosen_providers())
    except Exception as error:  # ONNX Runtime raises its own family of exceptions
        raise InputError(f"the model cannot be opened ({error})", where=card.path) from error


def add(
    onnx: Path,
    *,
    kind: str,
    licence: str,
    source: str,
    sha256: str = "",
    name: str = "",
    extra: Path | None = None,
) -> ModelCard:
    """Copy a user's model and a card for it into the user's models folder.

    Args:
        onnx: the model file.
        kind: one of :data:`KINDS`.
        licence, source: as the card states them.
        sha256: as published by its maker; checked when given.
        name: the name it will be asked for by; the file's stem when empty.
        extra: a TOML whose fields are added to the card.

    Raises:
        InputError: not an ONNX model, wrong hash, unknown kind, a name that is taken.
    """
    import shutil

    import tomlkit

    from gazeclass.atomic import atomic_path, write_text

    name = name or onnx.stem
    if kind not in KINDS:
        raise InputError(f"kind '{kind}' is none of {', '.join(KINDS)}", where=onnx)
    if not onnx.is_file():
        raise InputError("there is no such file", where=onnx)
    found = sha256_of(onnx)
    if sha256 and found != sha256.lower():
        raise InputError(f"its sha256 is {found}, not {sha256}", where=onnx, todo="Get the file again from its maker.")
    folder = settings().models_dir
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}.onnx"
    if target.exists() or target.with_suffix(".toml").exists():
        raise InputError(f"there is a model '{name}' already", where=folder, todo="Choose another --name.")
    fields = tomlkit.parse(extra.read_text(encoding="utf-8")) if extra else tomlkit.document()
    for key, value in {"kind": kind, "sha256": found, "licence": licence, "source": source}.items():
        fields[key] = value
    # Before it is kept it must open: a file that is no model is refused here, not in the lesson.
    open_session(ModelCard(name, onnx, kind, found, licence, source))
    with atomic_path(target) as temporary:
        shutil.copyfile(onnx, temporary)
    write_text(target.with_suffix(".toml"), tomlkit.dumps(fields))
    return read_card(target.with_suffix(".toml"))
