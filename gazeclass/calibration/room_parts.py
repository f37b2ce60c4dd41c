"""What rooms are described by, before and after calibration: checked numbers, board, seats, zones."""

from typing import Annotated, Any, Self

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from gazeclass.geometry.boxes import first_overlap

Row3 = tuple[float, float, float]
Row6 = tuple[float, float, float, float, float, float]


def finite(value: Any) -> Any:
    """The value, of finite numbers; for pydantic."""
    if not np.isfinite(np.asarray(value, float)).all():
        raise ValueError("must be finite numbers")
    return value


def _rotation(value: tuple[Row3, Row3, Row3]) -> tuple[Row3, Row3, Row3]:
    R = np.asarray(value, float)
    if not np.isfinite(R).all() or np.abs(R @ R.T - np.eye(3)).max() > 1e-6 or np.linalg.det(R) < 0:
        raise ValueError("is not a rotation (orthonormal, determinant 1)")
    return value


def _covariance(value: tuple[Row6, ...]) -> tuple[Row6, ...]:
    C = np.asarray(value, float)
    if not np.isfinite(C).all() or np.abs(C - C.T).max() > 1e-9 * max(1.0, np.abs(C).max()):
        raise ValueError("is not symmetric")
    if np.linalg.eigvalsh(C).min() < -1e-9 * max(np.abs(C).max(), 1e-12):
        raise ValueError("is not a covariance (negative variance)")
    return value


Vector3 = Annotated[Row3, AfterValidator(finite)]
Rotation3 = Annotated[tuple[Row3, Row3, Row3], AfterValidator(_rotation)]
Covariance6 = Annotated[tuple[Row6, Row6, Row6, Row6, Row6, Row6], AfterValidator(_covariance)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Part(BaseModel):
    """Strict about names: a misspelt key is an error, not a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BoardSize(Part):
    """The blackboard."""

    width_m: Positive
    height_m: Positive
    lower_edge_above_floor_m: NotNegative | None = None


class Seat(Part):
    """Where a student sits: the position of the head in WCS, metres."""

    name: str = Field(min_length=1)
    position_m: Vector3
    row: int | None = Field(None, ge=1)
    student: str = ""


class Zone(Part):
    """A named rectangle of the board in WCS x, y (x runs to the left of who faces the board)."""

    name: str = Field(min_length=1)
    x0_m: float = Field(allow_inf_nan=False)
    y0_m: float = Field(allow_inf_nan=False)
    x1_m: float = Field(allow_inf_nan=False)
    y1_m: float = Field(allow_inf_nan=False)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not (self.x0_m < self.x1_m and self.y0_m < self.y1_m):
            raise ValueError(f"zone '{self.name}': x0 must be below x1 and y0 below y1")
        return self


def _named_once(parts: Any) -> Any:
    names = [part.name for part in parts]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"'{twice[0]}' is there twice")
    return parts


def _apart(zones: tuple[Zone, ...]) -> tuple[Zone, ...]:
    if both := first_overlap([(zone.x0_m, zone.y0_m, zone.x1_m, zone.y1_m) for zone in zones]):
        one, other = (zones[k].name for k in both)
        raise ValueError(f"'{one}' and '{other}' overlap: a gaze point counts in one zone only")
    return zones


Seats = Annotated[tuple[Seat, ...], AfterValidator(_named_once)]
Zones = Annotated[tuple[Zone, ...], AfterValidator(_named_once), AfterValidator(_apart)]
