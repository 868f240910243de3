"""What every stage does around its loss: schedule, clipping, curve, checkpoint, resume."""

import csv
import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ..network.checkpoint import save_atomically
from ..network.precision import fast_autocast
from .muon import Muon


def run_stage(name: str, out: Path, parameters: list[tuple[list[nn.Parameter], float]], modules: dict[str, nn.Module],
              loss: Callable[[int], dict[str, torch.Tensor]], evaluate: Callable[[], dict[str, float]], minutes: float,
              steps: int | None = None, every: int = 50, warm_up: int = 40) -> dict[str, float]:
    """Optimises the sum of `loss(step)`'s terms until `minutes` (or `steps`) are over. Returns the last metrics.

    parameters: (list, learning rate) pairs. `out/NAME.pt` holds modules, optimiser, step and seconds spent; a run that
    finds one goes on from there. `out/NAME.csv` is the curve, from before the first step on.
    """
    out.mkdir(parents=True, exist_ok=True)
    optimizers = make_optimizers(parameters)
    flat = [parameter for group, _ in parameters for parameter in group]
    checkpoint, step, spent = out / f"{name}.pt", 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location="cpu", weights_only=False)
        for key, module in modules.items():
            module.load_state_dict(state["modules"][key])
        for optimizer, values in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(values)
        step, spent = state["step"], state["seconds"]
        if state["done"]:
            return state["metrics"]
    began = time.monotonic() - spent
    sums: dict[str, list[float]] = {}
    metrics: dict[str, float] = {}

    def save(done: bool) -> None:
        save_atomically({"modules": {key: module.state_dict() for key, module in modules.items()},
                         "optimizers": [optimizer.state_dict() for optimizer in optimizers], "step": step, "seconds": time.monotonic() - began,
                         "metrics": metrics, "done": done}, checkpoint)

    def look() -> None:
        nonlocal metrics, sums
        for module in modules.values():
            module.eval()
        with torch.no_grad(), fast_autocast():
            metrics = evaluate()
        for module in modules.values():
            module.train()
        row = {"step": step, "seconds": round(time.monotonic() - began),
               **{key: round(float(np.mean(values)), 4) for key, values in sums.items()},
               **{key: round(value, 4) for key, value in metrics.items()}}
        write_curve(out / f"{name}.csv", row)
        print(name, row, flush=True)
        sums = {}

    if step == 0:  # the curve starts before the first step: what the stage is given
        with torch.no_grad(), fast_autocast():
            sums = {key: [value.item()] for key, value in loss(0).items()}
        look()
    while True:
        seconds = time.monotonic() - began
        progress = step / steps if steps else seconds / (60 * minutes)
        if progress >= 1:
            break
        share = min(1.0, (step + 1) / warm_up) * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group["lr"] = group["peak"] * share
        with fast_autocast():
            terms = loss(step)
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        sum(terms.values()).backward()
        torch.nn.utils.clip_grad_norm_(flat, 1.0)
        for optimizer in optimizers:
            optimizer.step()
        for key, value in terms.items():
            sums.setdefault(key, []).append(value.item())
        step += 1
        if step % every == 0 or (steps and step == steps):
            look()
            save(done=False)
    if step % every and step != steps:
        look()  # the clock ended the run between two looks
    save(done=True)
    return metrics


def is_matrix(parameter: nn.Parameter) -> bool:
    """A weight that mixes channels: what Muon is for. Embeddings, LoRA and small tables are not."""
    return parameter.ndim == 2 and min(parameter.shape) >= 64 and max(parameter.shape) <= 2048


def make_optimizers(parameters: list[tuple[list[nn.Parameter], float]]) -> list[torch.optim.Optimizer]:
    """Muon for the matrices, AdamW for the rest, as in stages/language.py."""
    groups: dict[bool, list[dict]] = {True: [], False: []}
    for several, rate in parameters:
        for matrix in (True, False):
            chosen = [p for p in several if is_matrix(p) == matrix]
            if chosen:
                groups[matrix].append({"params": chosen, "lr": rate, "peak": rate})
    optimizers: list[torch.optim.Optimizer] = [torch.optim.AdamW(groups[False], betas=(0.9, 0.98), weight_decay=0.02)]
    if groups[True]:
        optimizers.append(Muon(groups[True], weight_decay=0.02))
    return optimizers


def write_curve(file: Path, row: dict) -> None:
    new = not file.exists()
    with open(file, "a", newline="", encoding="utf-8") as curve:
        writer = csv.DictWriter(curve, fieldnames=list(row), extrasaction="ignore")
        if new:
            writer.writeheader()
        writer.writerow(row)
