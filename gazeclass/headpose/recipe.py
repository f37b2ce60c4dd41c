"""A training recipe: everything that makes a head-pose model but the pictures, as one TOML file.

The recipes of the shipped models lie beside this module in ``recipes/``.
"""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, ValidationError, field_validator, model_validator

from gazeclass.errors import InputError
from gazeclass.headpose.augment import Augmentation
from gazeclass.headpose.backbone import BACKBONES
from gazeclass.headpose.crop import CropRule
from gazeclass.headpose.labels import PAPER_SIGMA_DEG

RECIPES = Path(__file__).resolve().parent / "recipes"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelPart(_Part):
    """The network and what it sees."""

    backbone: str = "resnet50"
    attention: Literal["sdam", "none"] = "sdam"
    dropout: float = Field(0.0, ge=0, lt=1)
    standardise: bool = Field(False, description="each picture's channels are brought to mean 0 and spread 1")
    mix_style: float = Field(0.0, ge=0, le=1, description="training: share of batches whose styles are mixed")
    gimbal: float = Field(0.0, ge=0, le=1, description="how soon answers let go of what a profile does not show")
    input_px: int = Field(224, ge=16, le=512)
    margin: float = Field(1.35, gt=0.5, lt=3)
    landmark_weight: float = Field(0.0, ge=0, le=1)

    @field_validator("backbone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in BACKBONES:
            raise ValueError(f"'{name}' is none of {', '.join(BACKBONES)}")
        return name

    @property
    def crop_rule(self) -> CropRule:
        """The crop rule of training and use."""
        return CropRule(self.input_px, self.margin, self.landmark_weight)


class LossPart(_Part):
    """The paper's loss on soft labels, or Hopenet's."""

    kind: Literal["slcs", "hopenet"] = "slcs"
    alpha: float = Field(2.0, ge=0)
    sigma_deg: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = PAPER_SIGMA_DEG
    error: Literal["euler", "rotation"] = "euler"
    huber_deg: float | None = Field(None, gt=0)
    landmarks: float = Field(0.0, ge=0, description="weight of the 68 landmarks as a second task")
    agreement: float = Field(0.0, ge=0, description="weight of the difference between two pictures of one head")


class DataPart(_Part):
    """Which heads take part."""

    missed: float = Field(1.0, ge=0, le=1, description="share of the heads that the detector missed")
    twice: bool = Field(False, description="each head comes twice in a batch, varied differently")


class OptimiserPart(_Part):
    """Adam and its schedule. Progress runs from 0 to 1 over the budget of samples (or minutes)."""

    lr: float = Field(1e-4, gt=0)
    batch: int = Field(64, ge=2)
    samples: int = Field(1_000_000, ge=1)
    schedule: Literal["halving", "cosine", "trapezoid"] = "halving"
    halvings: int = Field(7, ge=0, description="over the whole run; the paper: every 10 of 80 epochs")
    decay_share: float = Field(0.3, gt=0, le=1, description="trapezoid: the last part, in which the rate falls")
    warmup_samples: int = Field(10_000, ge=0)
    clip: float = Field(3.0, gt=0, description="gradients longer than this many times their usual length are cut")
    weight_decay: float = Field(0.0, ge=0)
    ema_decay: float = Field(0.999, ge=0, lt=1)
    bfloat16: bool = True


class ValidationPart(_Part):
    """When to look at rendered people never seen, and when to give up."""

    every_samples: int = Field(20_000, ge=1)
    heads: int = Field(2000, ge=1)
    patience: int = Field(12, ge=1, description="validations without improvement before an early stop")


class Recipe(_Part):
    """All parts together."""

    name: str
    seed: int = 0
    model: ModelPart = ModelPart()
    loss: LossPart = LossPart()
    data: DataPart = DataPart()
    optimiser: OptimiserPart = OptimiserPart()
    augmentation: Augmentation = Augmentation()
    validation: ValidationPart = ValidationPart()

    @model_validator(mode="after")
    def _pairs_lie_in_one_batch(self) -> "Recipe":
        if self.loss.agreement and not self.data.twice:
            raise ValueError("loss.agreement needs data.twice")
        if self.data.twice and self.optimiser.batch % 2:
            raise ValueError("data.twice needs an even optimiser.batch")
        return self

    @model_validator(mode="after")
    def _hopenets_loss_is_its_own(self) -> "Recipe":
        own = {"error", "huber_deg", "sigma_deg"} & self.loss.model_dump(exclude_defaults=True).keys()
        if self.loss.kind == "hopenet" and own:
            raise ValueError(f"loss.{min(own)} has no part in the loss 'hopenet'")
        return self


def load_recipe(name_or_path: str) -> Recipe:
    """Read a recipe by the name of a shipped one (``sdam-fast``) or by path.

    Raises:
        InputError: there is none, it is no TOML, or a field is unknown or out of range.
    """
    path = RECIPES / f"{name_or_path}.toml"
    if not path.is_file():
        path = Path(name_or_path)
    if not path.is_file():
        shipped = ", ".join(sorted(p.stem for p in RECIPES.glob("*.toml")))
        raise InputError(f"there is no recipe '{name_or_path}'", todo=f"Give a TOML file or one of: {shipped}.")
    try:
        return Recipe.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"the recipe cannot be read ({error})", where=path) from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        problem = first["msg"].removeprefix("Value error, ")
        raise InputError(f"in the recipe{', ' * bool(field)}{field}: {problem}", where=path) from error
