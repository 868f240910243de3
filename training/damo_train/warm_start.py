"""Goes on from a shipped bundle: reads the weights of its ONNX graphs back into the PyTorch network.

    python -m damo_train.warm_start --bundle ../model/bundles/damo-mini --run runs/mini

writes RUN/vision.pt, audio.pt, warm.pt (Fuseformer, text encoder, matching head, Q-Former, language model with its LoRA merged) and tokenizer.json.
`damo-train` takes all of them up by itself; `stages.distil_vision --warm RUN/vision.pt` trains the encoder further.

An export folds and renames weights (transposed for MatMul, batch norms inside convolutions, rows of a table as tensors of
their own). So the network is exported once more with recognisable random values: whatever initializer holds a parameter's
value there, holds that parameter in the bundle. Not in a bundle, hence new after a warm start: the encoders' training
heads, the alignment head and soft words (`language/soft_words.py`), optimisers, and LoRA apart from its sum.
"""

import argparse
import json
import math
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from .config import NetworkConfig, damo_mini, damo_tiny
from .export import OPSET, graph_samples
from .network.checkpoint import save_atomically
from .network.damo import Damo

CONFIGS = {"damo-mini": damo_mini, "damo-tiny": damo_tiny}
PASSED_ON = {"Cast", "Identity"}  # of an initializer: the same weight under another name


class WarmStartError(RuntimeError):
    """The bundle's graph is not the graph that this network exports."""


Place = tuple[int, int]  # (node of the graph, input of that node), weights passed on by Cast and Identity left out


def weights_by_place(file: Path) -> tuple[list[str], dict[Place, np.ndarray]]:
    """Operators in order, and every float weight by where it is used: names change between exports, places do not."""
    graph = onnx.load(str(file)).graph
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    operators: list[str] = []
    found: dict[Place, np.ndarray] = {}
    for node in graph.node:
        if node.op_type in PASSED_ON and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]]
            continue
        for slot, name in enumerate(node.input):
            if name in values and values[name].dtype.kind == "f":
                found[len(operators), slot] = values[name].astype(np.float32)
        operators.append(node.op_type)
    return operators, found


@dataclass
class Holder:
    """How an initializer is laid down in a state: `write(state, value)`."""

    names: tuple[str, ...]
    write: Callable[[dict[str, Tensor], Tensor], None]


def scramble(module: nn.Module, seed: int = 0) -> None:
    """Every number of the module becomes recognisable; deviations stay positive."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in module.state_dict(keep_vars=False).items():
        if tensor.dtype.is_floating_point:
            tensor.copy_(torch.rand(tensor.shape, generator=generator) + (0.5 if name.endswith("running_var") else 0.0))


def convolutions_before_norms(module: nn.Module) -> list[tuple[str, str]]:
    """(convolution, batch norm) pairs that follow each other in a Sequential."""
    pairs = []
    for prefix, child in module.named_modules():
        if isinstance(child, nn.Sequential):
            named = list(child.named_children())
            pairs += [(f"{prefix}.{one}".lstrip("."), f"{prefix}.{other}".lstrip("."))
                      for (one, first), (other, second) in zip(named, named[1:], strict=False)
                      if isinstance(first, nn.Conv1d | nn.Conv2d) and isinstance(second, nn.BatchNorm1d | nn.BatchNorm2d)]
    return pairs


def fold(module: nn.Module, conv: str, norm: str) -> tuple[Tensor, Tensor]:
    """Weight and bias of a convolution that has taken in its batch norm."""
    convolution, batch_norm = module.get_submodule(conv), module.get_submodule(norm)
    scale = batch_norm.weight / torch.sqrt(batch_norm.running_var + batch_norm.eps)
    weight = convolution.weight * scale.view(-1, *[1] * (convolution.weight.ndim - 1))
    return weight.detach(), (batch_norm.bias - batch_norm.running_mean * scale).detach()


def signature(value: np.ndarray) -> tuple:
    """A few numbers that no other weight of a scrambled module shares, up to rounding."""
    flat = value.astype(np.float64).ravel()
    # the second and third tell a matrix from its transpose
    picked = (flat[0], flat[min(1, flat.size - 1)], flat[min(2, flat.size - 1)], flat[-1], flat.mean())
    return (flat.size, *(round(float(number), 3) for number in picked))


def holders_of(module: nn.Module) -> dict[tuple, Holder]:
    """By signature: each form in which an export may hold a parameter of the (scrambled) module."""
    found: dict[tuple, Holder] = {}

    def offer(value: Tensor, names: tuple[str, ...], write) -> None:
        found.setdefault(signature(value.detach().numpy()), Holder(names, write))

    folded = {f"{conv}.weight" for conv, _ in convolutions_before_norms(module)}
    for name, parameter in module.named_parameters():
        if name in folded:
            continue
        offer(parameter, (name,), lambda state, value, name=name: state[name].copy_(value.reshape(state[name].shape)))
        if parameter.ndim == 2:
            offer(parameter.T, (name,), lambda state, value, name=name: state[name].copy_(value.T))
            for row in range(min(len(parameter), 8)):
                def write_row(state, value, name=name, row=row):
                    state[name][row].copy_(value.reshape(-1))
                offer(parameter[row], (f"{name}[{row}]",), write_row)
    for conv, norm in convolutions_before_norms(module):
        weight, bias = fold(module, conv, norm)
        batch_norm = module.get_submodule(norm)

        def write_weight(state, value, conv=conv, norm=norm, eps=batch_norm.eps):
            state[f"{conv}.weight"].copy_(value)
            state[f"{norm}.weight"].fill_(math.sqrt(1 + eps))  # the norm is the identity until `settle_batch_norms`
            state[f"{norm}.running_mean"].zero_(), state[f"{norm}.running_var"].fill_(1)

        offer(weight, (f"{conv}.weight", f"{norm}.weight"), write_weight)
        offer(bias, (f"{norm}.bias",), lambda state, value, norm=norm: state[f"{norm}.bias"].copy_(value))
    return found


def wanted_names(module: nn.Module) -> set[str]:
    return {name for name, _ in module.named_parameters()}


@torch.no_grad()
def load_graph(spec: dict, file: Path, seed: int = 0) -> None:
    """Fills spec["module"] (of `graph_samples`) with the weights of an exported graph of the same shape.

    Raises WarmStartError if the graph has other operators or shapes, or lacks a parameter.
    """
    module: nn.Module = spec["module"].eval()
    scramble(module, seed)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        again = Path(folder) / "again.onnx"
        torch.onnx.export(module, tuple(spec["inputs"].values()), str(again), opset_version=OPSET,
                          input_names=list(spec["inputs"]), output_names=spec["outputs"], dynamic_axes=spec["dynamic"],
                          do_constant_folding=True, dynamo=False)
        operators, ours = weights_by_place(again)
    theirs_operators, theirs = weights_by_place(file)
    if operators != theirs_operators:
        raise WarmStartError(f"{file.name}: {len(theirs_operators)} operators, this network exports {len(operators)} or others")
    holders, state, filled = holders_of(module), module.state_dict(), set()
    for place, value in ours.items():
        holder = holders.get(signature(value))
        if holder is None:
            continue  # a constant: clocks, masks, mean and deviation of pixels
        if place not in theirs or theirs[place].shape != value.shape:
            raise WarmStartError(f"{file.name}: {holder.names[0]} is not {list(value.shape)} there")
        holder.write(state, torch.from_numpy(theirs[place]))
        filled.update(holder.names)
    whole = {name.split("[")[0] for name in filled}
    missing = wanted_names(module) - whole
    if missing:
        raise WarmStartError(f"{file.name}: no weights found for {sorted(missing)[:5]} ({len(missing)} in all)")


def load_bundle(bundle: Path, config: NetworkConfig | None = None) -> Damo:
    """The bundle's network in PyTorch, with the numbers that the bundle computes with."""
    name = json.loads((bundle / "damo.json").read_text(encoding="utf-8"))["name"]
    network = Damo(config or CONFIGS[name]())
    constants = {key: value.clone() for key, value in network.named_buffers() if "running_" not in key}
    for graph, spec in graph_samples(network).items():
        load_graph(spec, bundle / f"{graph}.onnx")
    for key, value in network.named_buffers():
        if key in constants:
            value.copy_(constants[key])
    return network.eval()


@torch.no_grad()
def settle_batch_norms(module: nn.Module, run: Callable[[], object]) -> None:
    """After a warm start batch norms are identities. Gives each the mean and deviation of what passes through it in `run`
    and its convolution weights of unit length, without changing what the module computes: only then can it be trained on.
    """
    sums: dict[str, list[Tensor]] = {}
    hooks = []
    for conv, _ in convolutions_before_norms(module):
        def note(_module, _inputs, output, conv=conv):
            flat = output.transpose(0, 1).flatten(1).double()
            total = sums.setdefault(conv, [torch.zeros(len(flat)).double() for _ in range(3)])
            total[0] += flat.sum(1)
            total[1] += flat.square().sum(1)
            total[2] += flat.shape[1]
        hooks.append(module.get_submodule(conv).register_forward_hook(note))
    module.eval()
    run()
    for hook in hooks:
        hook.remove()
    for conv, norm in convolutions_before_norms(module):
        convolution, batch_norm = module.get_submodule(conv), module.get_submodule(norm)
        total, squares, count = sums[conv]
        mean = (total / count).float()
        variance = (squares / count - (total / count) ** 2).clamp(min=0).float()
        scale = batch_norm.weight / torch.sqrt(batch_norm.running_var + batch_norm.eps)  # of conv's output, as it is now
        shift = batch_norm.bias - batch_norm.running_mean * scale
        length = convolution.weight.flatten(1).norm(dim=1).clamp(min=1e-4)
        convolution.weight.div_(length.view(-1, *[1] * (convolution.weight.ndim - 1)))
        batch_norm.running_mean.copy_(mean / length)
        batch_norm.running_var.copy_(variance / length**2)
        batch_norm.weight.copy_(scale * length * torch.sqrt(batch_norm.running_var + batch_norm.eps))
        batch_norm.bias.copy_(shift + scale * mean)


def differences(network: Damo, bundle: Path, seed: int = 3) -> Iterable[tuple[str, str, float]]:
    """(graph, output, largest difference between PyTorch and the bundle's ONNX graph over the output's largest value)."""
    import onnxruntime

    for graph, spec in graph_samples(network, seed).items():
        session = onnxruntime.InferenceSession(str(bundle / f"{graph}.onnx"), providers=["CPUExecutionProvider"])
        theirs = session.run(spec["outputs"], {name: value.numpy() for name, value in spec["inputs"].items()})
        with torch.no_grad():
            ours = spec["module"].eval()(*spec["inputs"].values())
        for name, one, other in zip(spec["outputs"], ours if isinstance(ours, tuple) else (ours,), theirs, strict=True):
            yield graph, name, float(np.abs(one.numpy() - other).max() / max(1e-9, np.abs(other).max()))


def write_run(network: Damo, bundle: Path, run: Path) -> None:
    run.mkdir(parents=True, exist_ok=True)
    save_atomically({"model": network.vision.state_dict(), "source": str(bundle)}, run / "vision.pt")
    save_atomically({"model": network.audio.state_dict(), "source": str(bundle)}, run / "audio.pt")
    modules = {name: getattr(network, name).state_dict() for name in ("fuseformer", "text", "matching", "bridge", "language_model")}
    save_atomically({"modules": modules, "source": str(bundle)}, run / "warm.pt")
    shutil.copyfile(bundle / "tokenizer.json", run / "tokenizer.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    options = parser.parse_args()
    network = load_bundle(options.bundle)
    for graph, output, away in differences(network, options.bundle):
        print(f"{graph}.{output}: differs by {away:.1e} of its largest value")
    write_run(network, options.bundle, options.run)


if __name__ == "__main__":
    main()
