"""What a head-pose model is, in a few lines: size, recipe, figures, limits."""

from typing import Any

from gazeclass import models
from gazeclass.errors import InputError
from gazeclass.headpose.estimator import FACEMESH, LANDMARK_METHOD, load_estimator

#: Methods that are no model's or recipe's name, in words; "default" is whatever it opens here.
_METHODS = {
    "default": "the best that is installed",
    LANDMARK_METHOD: "the detector's five points, a mean 3-D face, least squares; no weights",
    FACEMESH: "MediaPipe's 468 landmarks, a mean 3-D face, least squares; weights of the optional package",
}


def describe(name: str) -> list[str]:
    """Lines about a method, an installed model, or the network of a recipe.

    Args:
        name: "default", "landmarks", "facemesh", of a model in the models' folders, or of a recipe or its TOML file.

    Raises:
        InputError: none of these.
    """
    if name in _METHODS:
        opened = load_estimator(name)
        parts: list[Any] = [opened, getattr(opened, "network", None), getattr(opened, "points", None)]
        cards_of = [part.card for part in parts if hasattr(part, "card")]
        return [f"{name}: {_METHODS[name]}", *(line for card in cards_of for line in _of_card(card))]
    cards = {card.name: card for card in models.list_cards() if card.kind == "headpose"}
    return _of_card(cards[name]) if name in cards else _of_recipe(name)


def _of_card(card: models.ModelCard) -> list[str]:
    meta = card.meta
    lines = [f"{card.name}: {card.path}", f"licence: {card.licence}", f"source: {card.source}"]
    lines.append(_size(int(meta.get("parameters", 0)), meta.get("multiply_adds")))
    lines.append(f"file: {card.path.stat().st_size / 1e6:.2f} MB, {meta.get('precision', 'fp32')}")
    if "input_px" in meta:
        lines.append(f"input: {meta['input_px']} × {meta['input_px']} px, crop {meta.get('crop', {})}")
    for title in ("training", "figures"):
        lines += [f"{title}: {line}" for line in _flat(meta.get(title, {}))]
    if "sigma_factor" in meta:
        lines.append(f"sigma of yaw, pitch, roll: the network's spread × {list(meta['sigma_factor'])}")
    if "limits" in meta:
        lines.append(f"limits: {meta['limits']}")
    return lines


def _of_recipe(name: str) -> list[str]:
    from gazeclass.headpose.cost import cost_of
    from gazeclass.headpose.recipe import load_recipe
    from gazeclass.headpose.trained import build_network

    try:
        recipe = load_recipe(name)
    except InputError as error:
        if error.where:
            raise  # a recipe, with a fault in it
        known = ", ".join(sorted(card.name for card in models.list_cards() if card.kind == "headpose"))
        raise InputError(f"'{name}' is neither a head-pose model ({known}) nor a recipe", todo=error.todo) from error
    net = build_network(recipe)
    whole = cost_of(net, recipe.model.input_px)
    attention = sum(p.numel() for p in net.attention.parameters())
    model = recipe.model
    return [
        f"recipe {recipe.name}: {model.backbone}, attention {model.attention}, {model.input_px} × {model.input_px} px",
        _size(whole.parameters, whole.multiply_adds),
        f"of them in the attention: {attention / 1e6:.3f} million weights",
        f"loss {recipe.loss.kind}, {recipe.optimiser.samples} samples in batches of {recipe.optimiser.batch}",
    ]


def _size(parameters: int, multiply_adds: Any) -> str:
    text = f"{parameters / 1e6:.3f} million weights"
    if multiply_adds is None:
        return text
    # A multiply-add is two floating-point operations.
    return f"{text}, {multiply_adds / 1e6:.1f} million multiply-adds ({2 * multiply_adds / 1e9:.2f} GFLOP) a face"


def _flat(table: dict[str, Any], before: str = "") -> list[str]:
    lines = []
    for key, value in table.items():
        if isinstance(value, dict):
            lines += _flat(value, f"{before}{key}, ")
        else:
            lines.append(f"{before}{key} {value}")
    return lines
