"""Train a head-pose network on rendered heads: the paper's loss, a recipe, checkpoints that a stopped run goes on from.

The network that is kept is the exponential moving average of the weights at its best validation, on rendered people
never seen in training. Nothing else chooses it.
"""

import copy
import math
import os
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from gazeclass.atomic import atomic_path, write_text
from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array
from gazeclass.headpose.data import HeadStream, normalise, validation_crops
from gazeclass.headpose.loss import HopenetLoss, PoseLoss, SoftLabelLoss, agreement_loss, landmark_loss
from gazeclass.headpose.network import WithLandmarks, expectation_deg
from gazeclass.headpose.recipe import Recipe
from gazeclass.headpose.schedule import Budget, learning_rate
from gazeclass.headpose.trained import build_network, load_best, predict, validation_figures
from gazeclass.headpose.training_log import append_log
from gazeclass.progress import SILENT, Progress


def build_loss(recipe: Recipe) -> PoseLoss:
    """The loss of a recipe."""
    if recipe.loss.kind == "hopenet":
        return HopenetLoss(recipe.loss.alpha)
    part = recipe.loss
    return SoftLabelLoss(part.alpha, part.sigma_deg, error=part.error, huber_deg=part.huber_deg)


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

    Under ``torchrun`` (WORLD_SIZE > 1) the network is wrapped in DDP; process 0 validates and writes.
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
        self.recipe, self.out, self.progress = recipe, out, progress
        self.device = torch.device(device)
        self.budget = Budget(recipe.optimiser.samples, minutes)
        self.rank, self.world = _distributed(self.device)
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
        self.loss = build_loss(recipe)
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
        self._loaders = loaders
        self._validation = validation
        self.samples, self.seconds, self.best, self.stale = 0, 0.0, math.inf, 0
        self._usual_norm = 0.0
        self._mixed = recipe.optimiser.bfloat16 and _bfloat16_is_fast(self.device)
        self.out.mkdir(parents=True, exist_ok=True)
        self._resume()
        self._module: nn.Module = self.module
        if self.world > 1:
            self._module = nn.parallel.DistributedDataParallel(self.module)

    def run(self) -> dict[str, float]:
        """Train until the budget is spent or validation has stopped improving; returns the best figures.

        Raises:
            InputError: no usable shards.
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
        figures: dict[str, float] = {}
        done = False
        while not done:
            for pictures, *known in self._batches():
                self.seconds = before + time.monotonic() - started
                recent.append(self._step(pictures, *known))
                self.samples += len(pictures) * self.world
                self.progress.advance(len(pictures) * self.world)
                share = self.budget.share(self.samples, self.seconds)
                done = share >= 1
                if done or self.samples >= next_look:
                    next_look = self.samples + self.recipe.validation.every_samples
                    figures = self._look(crops, R_true, float(np.mean(recent)), share)
                    recent = []
                    done = done or self.stale >= self.recipe.validation.patience
                if done:
                    break
        return figures

    def _batches(self) -> Any:
        loader = DataLoader(
            self.stream,
            batch_size=self.recipe.optimiser.batch,
            num_workers=self._loaders,
            drop_last=True,
        )
        if self._loaders:
            # Loader processes copy the stream; its epoch must go on here so that each epoch differs.
            self.stream.epoch += 1
        return loader

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

    def _look(self, crops: np.ndarray, R_true: Array, loss: float, share: float) -> dict[str, float]:
        """Validate the average, log, keep it if it is the best so far, write the checkpoint."""
        angles, _ = predict(self.ema, crops, device=self.device)
        figures = validation_figures(angles, R_true)
        lr = self.optimiser.param_groups[0]["lr"]
        if self.rank == 0:
            row = (self.samples, round(self.seconds), lr, loss, *(round(v, 4) for v in figures.values()))
            append_log(self.out / "log.csv", row)
            mae = np.mean([figures[k] for k in ("yaw_mae_deg", "pitch_mae_deg", "roll_mae_deg")])
            self.progress.note(f"{self.samples} samples, loss {loss:.1f}, validation MAE {mae:.2f}°")
        score = sum(figures[k] for k in ("yaw_mae_deg", "pitch_mae_deg", "roll_mae_deg"))
        better = score < self.best
        self.best, self.stale = (score, 0) if better else (self.best, self.stale + 1)
        if self.rank == 0:
            if better:
                _save(self.out / "best.pt", self._best_state(figures))
            _save(self.out / "checkpoint.pt", self._state())
        return figures

    def _best_state(self, figures: dict[str, float]) -> dict[str, Any]:
        return {
            "recipe": self.recipe.model_dump(mode="json"),
            "weights": self.ema.state_dict(),
            "samples": self.samples,
            "seconds": self.seconds,
            "before": self.before,
            "validation": figures,
        }

    def _state(self) -> dict[str, Any]:
        names = ("samples", "seconds", "best", "stale", "_usual_norm")
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
        if (recipe.model.backbone, recipe.model.attention) != (self.recipe.model.backbone, self.recipe.model.attention):
            raise InputError(
                f"is a {recipe.model.backbone} with attention '{recipe.model.attention}', the recipe wants a "
                f"{self.recipe.model.backbone} with '{self.recipe.model.attention}'",
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
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.before = state.get("before", self.before)
        if state["recipe"] != self.recipe.model_dump(mode="json"):
            raise InputError(
                "the folder holds a run of another recipe", where=self.out, todo="Choose another folder for this one."
            )
        self.module.load_state_dict(state["net"])
        self.ema.load_state_dict(state["ema"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.stream.epoch = state["epoch"]
        for name, value in state["numbers"].items():
            setattr(self, name, value)


def _groups(net: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Weights that may decay, and biases and norms that may not."""
    parameters = list(net.parameters())
    return [p for p in parameters if p.ndim > 1], [p for p in parameters if p.ndim <= 1]


def _bfloat16_is_fast(device: torch.device) -> bool:
    """On GPUs, and on processors with instructions for it (1.6 times faster here, AVX-512 BF16)."""
    return device.type == "cuda" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _distributed(device: torch.device) -> tuple[int, int]:
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world > 1 and not torch.distributed.is_initialized():
        torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return int(os.environ.get("RANK", "0")), world


def _save(path: Path, state: dict[str, Any]) -> None:
    with atomic_path(path) as temporary:
        torch.save(state, temporary)
