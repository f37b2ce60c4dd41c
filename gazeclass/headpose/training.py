"""Train a head-pose network on rendered heads: the paper's loss, a recipe, checkpoints that a stopped run goes on from.

The network that is kept is the exponential moving average of the weights at its best validation, on rendered people
never seen in training. Nothing else chooses it.
"""

import copy
import math
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from gazeclass.atomic import atomic_path, make_folder, write_text
from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array
from gazeclass.headpose.data import HeadStream, normalise, validation_crops
from gazeclass.headpose.loss import agreement_loss, build_loss, landmark_loss
from gazeclass.headpose.network import WithLandmarks, expectation_deg
from gazeclass.headpose.recipe import Recipe
from gazeclass.headpose.schedule import Budget, learning_rate
from gazeclass.headpose.team import Team, bfloat16_is_fast
from gazeclass.headpose.trained import DAMAGED, build_network, load_best, predict, reason_of, validation_figures
from gazeclass.headpose.training_log import append_log
from gazeclass.progress import SILENT, Progress


class Trainer:
    """One training run in one folder.

    Args:
        recipe: what to train.
        heads: folder of rendered heads with detector's boxes.
        validation: folder of other people, rendered and boxed alike.
        out: folder of the run: ``checkpoint.pt``, ``best.pt``, ``log.csv``, ``recipe.json``.
        device: "cpu", "cuda", …
        start: ``best.pt`` of an earlier run of the same network, whose weights this one begins with.
        minutes: stop after so long instead of the recipe's samples.
        loaders: processes that make pictures; 0 makes them in this one.
        progress: told of every batch.

    Under ``torchrun`` (WORLD_SIZE > 1) the network is wrapped in DDP; process 0 validates, writes and reports.

    Raises:
        InputError: no such device, a folder that cannot be made or holds another run or a damaged one, weights of
            another network, no usable shards.
    """

    def __init__(
        self,
        recipe: Recipe,
        heads: Path,
        validation: Path,
        out: Path,
        *,
        start: Path | None = None,
        device: str = "cpu",
        minutes: float | None = None,
        loaders: int = 0,
        progress: Progress = SILENT,
    ) -> None:
        self.team = Team(device)
        self.rank, self.world, self.device = self.team.rank, self.team.world, self.team.device
        self.recipe, self.out, self.progress = recipe, out, progress if self.rank == 0 else SILENT
        self.budget = Budget(recipe.optimiser.samples, minutes)
        torch.manual_seed(recipe.seed)
        self.net = build_network(recipe).to(self.device, memory_format=torch.channels_last)
        self.before = self._begin_with(start) if start is not None else {"samples": 0, "seconds": 0.0}
        self.ema = copy.deepcopy(self.net).eval().requires_grad_(False)
        self.module = WithLandmarks(self.net, 68 if recipe.loss.landmarks else 0).to(self.device)
        decay, no_decay = _groups(self.module)
        self.optimiser = torch.optim.AdamW(
            [
                {"params": decay, "weight_decay": recipe.optimiser.weight_decay},
                {"params": no_decay, "weight_decay": 0.0},
            ],
            lr=recipe.optimiser.lr,
        )
        self.loss = build_loss(recipe.loss)
        self.stream = HeadStream(
            heads,
            recipe.model.crop_rule,
            recipe.augmentation,
            recipe.seed,
            missed=recipe.data.missed,
            twice=recipe.data.twice,
            rank=self.rank,
            world=self.world,
        )
        self.stream.usable()  # nothing to train on is told now, not by a loader process
        self._loaders = loaders
        self._validation = validation
        self.samples, self.seconds, self.best, self.stale = 0, 0.0, math.inf, 0
        self.kept: dict[str, float] = {}
        self._usual_norm = 0.0
        self._mixed = recipe.optimiser.bfloat16 and bfloat16_is_fast(self.device)
        make_folder(self.out)
        self._resume()
        self._module: nn.Module = self.module
        if self.world > 1:
            self._module = nn.parallel.DistributedDataParallel(self.module)

    def run(self) -> dict[str, float]:
        """Train until the budget is spent or validation has stopped improving; returns the figures of the network kept.

        A run that is done stays as it is.

        Raises:
            InputError: no usable shards, or fewer heads than a batch.
        """
        crops, R_true, _, found = validation_crops(
            self._validation, self.recipe.model.crop_rule, self.recipe.validation.heads, seed=0
        )
        crops, R_true = crops[found], R_true[found]
        self.progress.start("train", self.budget.samples if self.budget.minutes is None else None)
        self.progress.advance(self.samples)
        started, before = time.monotonic(), self.seconds
        next_look = self.samples + self.recipe.validation.every_samples
        recent: list[float] = []
        while not self._done():
            earlier = self.samples
            for pictures, *known in self._batches():
                self.seconds = self.team.agreed(before + time.monotonic() - started)
                recent.append(self._step(pictures, *known))
                self.samples += len(pictures) * self.world
                self.progress.advance(len(pictures) * self.world)
                if self._done() or self.samples >= next_look:
                    next_look = self.samples + self.recipe.validation.every_samples
                    self._look(crops, R_true, float(np.mean(recent)))
                    recent = []
                if self._done():
                    break
            if self.samples == earlier:
                raise InputError(
                    f"there are fewer heads than a batch of {self.recipe.optimiser.batch}",
                    where=self.stream.folder,
                    todo="Render more, or give the recipe a smaller optimiser.batch.",
                )
        self.team.leave()
        return self.kept

    def _done(self) -> bool:
        spent = self.budget.share(self.samples, self.seconds) >= 1
        return spent or self.stale >= self.recipe.validation.patience

    def _batches(self) -> Iterator[list[Tensor]]:
        loader = DataLoader(
            self.stream,
            batch_size=self.recipe.optimiser.batch,
            num_workers=self._loaders,
            drop_last=True,
        )
        if self._loaders:
            # Loader processes copy the stream; its epoch must go on here so that each epoch differs.
            self.stream.epoch += 1
        try:
            yield from loader
        except InputError as error:
            # What comes from a loader process has its whole traceback before it.
            raise InputError(str(error).split("InputError: ")[-1]) from error

    def _step(self, pictures: Tensor, angles: Tensor, points: Tensor, mirrored: Tensor) -> float:
        o = self.recipe.optimiser
        lr = learning_rate(self.recipe, self.samples, self.budget.share(self.samples, self.seconds))
        for group in self.optimiser.param_groups:
            group["lr"] = lr
        self.module.train()
        x = normalise(pictures.to(self.device, non_blocking=True)).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16) if self._mixed else nullcontext():
            logits, landmarks = self._module(x)
        angles = angles.to(self.device)
        loss = self.loss(logits, angles, self.net.classes_deg)
        if landmarks is not None:
            loss = loss + self.recipe.loss.landmarks * landmark_loss(landmarks.float(), points.to(self.device))
        if self.recipe.loss.agreement:
            found = expectation_deg(logits, self.net.classes_deg)
            loss = loss + self.recipe.loss.agreement * agreement_loss(found, angles, mirrored.to(self.device))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        limit = o.clip * self._usual_norm if self._usual_norm else math.inf
        norm = float(nn.utils.clip_grad_norm_(self.module.parameters(), limit))
        if math.isfinite(norm):
            capped = min(norm, 3 * self._usual_norm) if self._usual_norm else norm
            self._usual_norm = 0.98 * self._usual_norm + 0.02 * capped if self._usual_norm else norm
            self.optimiser.step()
            self._average(o.ema_decay)
        return float(loss.detach())

    @torch.no_grad()
    def _average(self, decay: float) -> None:
        # Early on the average follows faster, so that it is not made of the first random weights.
        steps = self.samples / (self.recipe.optimiser.batch * self.world)
        keep = min(decay, (1 + steps) / (10 + steps))
        for mean, now in zip(self.ema.parameters(), self.net.parameters(), strict=True):
            mean.lerp_(now, 1 - keep)
        for mean, now in zip(self.ema.buffers(), self.net.buffers(), strict=True):
            mean.copy_(now)

    def _look(self, crops: np.ndarray, R_true: Array, loss: float) -> None:
        """Validate the average, keep it if it is the best so far, write the checkpoint and then the log."""
        figures: dict[str, float] = {}
        if self.rank == 0:
            figures = validation_figures(predict(self.ema, crops, device=self.device)[0], R_true)
        figures = self.team.agreed(figures)
        score = sum(figures[k] for k in ("yaw_mae_deg", "pitch_mae_deg", "roll_mae_deg"))
        better = score < self.best
        self.stale += 1
        if better:
            self.best, self.stale, self.kept = score, 0, figures
        if self.rank == 0:
            if better:
                _save(self.out / "best.pt", self._best_state())
            _save(self.out / "checkpoint.pt", self._state())
            lr = self.optimiser.param_groups[0]["lr"]
            row = (self.samples, round(self.seconds), lr, loss, *(round(v, 4) for v in figures.values()))
            append_log(self.out / "log.csv", row)
            self.progress.note(f"{self.samples} samples, loss {loss:.1f}, validation MAE {score / 3:.2f}°")

    def _best_state(self) -> dict[str, Any]:
        return {
            "recipe": self.recipe.model_dump(mode="json"),
            "weights": self.ema.state_dict(),
            "samples": self.samples,
            "seconds": self.seconds,
            "before": self.before,
            "validation": self.kept,
        }

    def _state(self) -> dict[str, Any]:
        names = ("samples", "seconds", "best", "stale", "kept", "_usual_norm")
        return {
            "recipe": self.recipe.model_dump(mode="json"),
            "net": self.module.state_dict(),
            "ema": self.ema.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "epoch": self.stream.epoch,
            "before": self.before,
            "numbers": {name: getattr(self, name) for name in names},
        }

    def _begin_with(self, path: Path) -> dict[str, float]:
        """Take over an earlier run's weights; returns what they had behind them."""
        net, recipe, about = load_best(path)
        if (theirs := _form(recipe)) != (ours := _form(self.recipe)):
            raise InputError(
                f"is a {theirs}, the recipe wants a {ours}",
                where=path,
                todo="Start from a run of the same network.",
            )
        self.net.load_state_dict(net.state_dict())
        return {name: about["before"][name] + about[name] for name in ("samples", "seconds")}

    def _resume(self) -> None:
        path = self.out / "checkpoint.pt"
        if not path.is_file():
            write_text(self.out / "recipe.json", self.recipe.model_dump_json(indent=1) + "\n")
            return
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
            if state["recipe"] != self.recipe.model_dump(mode="json"):
                raise InputError(
                    "the folder holds a run of another recipe",
                    where=self.out,
                    todo="Choose another folder for this one.",
                )
            self.before = state.get("before", self.before)
            self.module.load_state_dict(state["net"])
            self.ema.load_state_dict(state["ema"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.stream.epoch = state["epoch"]
            for name, value in state["numbers"].items():
                setattr(self, name, value)
        except DAMAGED as error:
            raise InputError(
                f"the checkpoint is damaged ({reason_of(error)})",
                where=path,
                todo="Take another folder, with --start and this one's best.pt to go on from there.",
            ) from error


def _form(recipe: Recipe) -> str:
    return f"{recipe.model.backbone} with attention '{recipe.model.attention}' and the classes of '{recipe.loss.kind}'"


def _groups(net: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Weights that may decay, and biases and norms that may not."""
    parameters = list(net.parameters())
    return [p for p in parameters if p.ndim > 1], [p for p in parameters if p.ndim <= 1]


def _save(path: Path, state: dict[str, Any]) -> None:
    with atomic_path(path) as temporary:
        torch.save(state, temporary)
