"""Writes a model bundle: seven ONNX graphs, the tokenizer and damo.json (docs/bundle.md), and golden tensors for parity.

Weights are stored as float16 and cast to float32 inside the graph: half the bytes, and ONNX Runtime folds the casts away
when a session is made, so arithmetic stays float32 on every provider.
"""

import hashlib
import json
import shutil
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from torch import Tensor, nn

from .config import NetworkConfig
from .data.mel import MelConfig
from .language.tokenizer import encode_text
from .network.damo import Damo

OPSET = 17
_MEL = MelConfig()
MEL = {"bands": _MEL.bands, "fftSize": _MEL.fft_size, "windowSamples": _MEL.window_samples, "hopSamples": _MEL.hop_samples,
       "lowHz": _MEL.low_hz, "highHz": _MEL.high_hz, "logOffset": _MEL.log_offset}


class DecoderStep(nn.Module):
    """Adapter: the exporter wants `forward`."""

    def __init__(self, language_model):
        super().__init__()
        self.language_model = language_model

    def forward(self, tokens: Tensor, soft: Tensor, soft_mask: Tensor, past: Tensor):
        return self.language_model.step(tokens, soft, soft_mask, past)


class TextOnly(nn.Module):
    def __init__(self, text):
        super().__init__()
        self.text = text

    def forward(self, tokens: Tensor):
        return self.text(tokens)


def graph_samples(network: Damo, seed: int = 0) -> dict[str, dict]:
    """For each graph: module, example inputs by name, output names, dynamic dims by input or output name."""
    config, clock = network.config, network.config.clock
    f, lm = config.fuseformer, config.language_model
    generator = torch.Generator().manual_seed(seed)

    def rand(*dims: int) -> Tensor:
        return torch.rand(*dims, generator=generator)

    def randn(*dims: int) -> Tensor:
        return torch.randn(*dims, generator=generator)

    def unit(rows: Tensor) -> Tensor:
        return rows / rows.norm(dim=-1, keepdim=True)

    mel_frames = round(clock.window_seconds * 100)
    frames = rand(1, 3, 128, 128)
    log_mel = randn(1, mel_frames, MEL["bands"]) - 3
    network.eval()
    with torch.no_grad():
        patches, global_token = network.vision(rand(clock.frames, 3, 128, 128))
        audio = network.audio(log_mel)
    visual_mask = torch.ones(1, clock.frames)
    visual_mask[:, clock.frames * 3 // 4 :] = 0
    head_dim = lm.channels // lm.heads
    soft_mask = torch.zeros(1, 5)
    soft_mask[0, 1:3] = 1
    return {
        "vision": {
            "module": network.vision, "inputs": {"frames": frames}, "outputs": ["patches", "global"],
            "dynamic": {"frames": {0: "N"}, "patches": {0: "N"}, "global": {0: "N"}},
        },
        "audio": {
            "module": network.audio, "inputs": {"logMel": log_mel}, "outputs": ["tokens"],
            "dynamic": {"logMel": {0: "N"}, "tokens": {0: "N"}},
        },
        "fuseformer": {
            "module": network.fuseformer,
            "inputs": {"patches": patches[None], "global": global_token[None], "visualMask": visual_mask, "audio": audio,
                       "audioMask": torch.ones(1, clock.audio_steps), "startSeconds": torch.tensor([8.0]),
                       "state": randn(1, f.queries, f.channels), "stateMask": torch.ones(1)},
            "outputs": ["queries", "embedding"], "dynamic": {},
        },
        "text": {
            "module": TextOnly(network.text), "inputs": {"tokens": torch.arange(60, 66)[None]}, "outputs": ["embedding"],
            "dynamic": {"tokens": {1: "L"}},
        },
        "match": {
            "module": network.matching,
            "inputs": {"queries": randn(2, f.queries, f.channels), "embedding": unit(randn(2, f.embedding)),
                       "text": unit(randn(3, f.embedding))},
            "outputs": ["logits"],
            "dynamic": {"queries": {0: "N"}, "embedding": {0: "N"}, "text": {0: "K"}, "logits": {0: "N", 1: "K"}},
        },
        "bridge": {
            "module": network.bridge, "inputs": {"queries": randn(2, f.queries, f.channels)}, "outputs": ["embeddings"],
            "dynamic": {"queries": {0: "N"}, "embeddings": {0: "N"}},
        },
        "decoder": {
            "module": DecoderStep(network.language_model),
            "inputs": {"tokens": torch.arange(50, 55)[None], "soft": randn(1, 5, lm.channels) * 0.1, "softMask": soft_mask,
                       "past": randn(3, lm.layers, 2, lm.heads, head_dim)},
            "outputs": ["logits", "present"],
            "dynamic": {"tokens": {1: "L"}, "soft": {1: "L"}, "softMask": {1: "L"}, "past": {0: "S"}, "present": {0: "L"}},
        },
    }


def store_weights_as_float16(model: onnx.ModelProto, smallest: int = 256, widest: float = 16.0) -> None:
    """Replaces every large float32 initializer by a float16 one and a Cast back.

    Not the angles of the clock, which the exporter folds into constants of up to 100 radians: there float16 is off by 0.03.
    """
    graph = model.graph
    kept, casts = [], []
    for tensor in graph.initializer:
        value = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or value.size < smallest or np.abs(value).max() > widest:
            kept.append(tensor)
            continue
        half = value.astype(np.float16)
        kept.append(numpy_helper.from_array(half, tensor.name + "_f16"))
        casts.append(helper.make_node("Cast", [tensor.name + "_f16"], [tensor.name], to=TensorProto.FLOAT))
    del graph.initializer[:]
    graph.initializer.extend(kept)
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def export_graph(spec: dict, file: Path) -> None:
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(spec["module"].eval(), tuple(spec["inputs"].values()), str(file), opset_version=OPSET,
                          input_names=list(spec["inputs"]), output_names=spec["outputs"], dynamic_axes=spec["dynamic"],
                          do_constant_folding=True, dynamo=False)
    model = onnx.load(str(file))
    store_weights_as_float16(model)
    onnx.checker.check_model(model)
    onnx.save(model, str(file))


def tensor_specs(spec: dict, names: list[str], shapes: dict[str, tuple], dtypes: dict[str, str]) -> list[dict]:
    return [{"name": name, "dtype": dtypes[name],
             "dims": [spec["dynamic"].get(name, {}).get(axis, size) for axis, size in enumerate(shapes[name])]}
            for name in names]


def describe_file(file: Path) -> dict:
    return {"file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "bytes": file.stat().st_size}


def fingerprint_of(files: list[dict]) -> str:
    """Of graphs and tokenizer, as `describe_file` has them: what a memory is tied to."""
    lines = [f"{entry['sha256']}  {entry['file']}\n" for entry in sorted(files, key=lambda entry: entry["file"])]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def export_bundle(network: Damo, tokenizer_file: Path, out: Path, card: dict, version: str, answering: dict) -> dict:
    """Writes the bundle folder and returns damo.json's content. LoRA must be merged before."""
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*"):
        old.unlink()
    config, clock = network.config, network.config.clock
    f, lm = config.fuseformer, config.language_model
    graphs = {}
    for name, spec in graph_samples(network).items():
        file = out / f"{name}.onnx"
        with torch.no_grad():
            results = spec["module"].eval()(*spec["inputs"].values())
        results = results if isinstance(results, tuple) else (results,)
        shapes = {key: tuple(value.shape) for key, value in spec["inputs"].items()}
        shapes |= {key: tuple(value.shape) for key, value in zip(spec["outputs"], results, strict=True)}
        dtypes = {key: "int64" if value.dtype == torch.int64 else "float32" for key, value in spec["inputs"].items()}
        dtypes |= {key: "float32" for key in spec["outputs"]}
        export_graph(spec, file)
        graphs[name] = {**describe_file(file), "opset": OPSET,
                        "inputs": tensor_specs(spec, list(spec["inputs"]), shapes, dtypes),
                        "outputs": tensor_specs(spec, spec["outputs"], shapes, dtypes)}
    shutil.copyfile(tokenizer_file, out / "tokenizer.json")
    tokenizer = describe_file(out / "tokenizer.json")
    manifest = {
        "schemaVersion": 1,
        "name": config.name,
        "version": version,
        "fingerprint": fingerprint_of([*graphs.values(), tokenizer]),
        "license": "Apache-2.0",
        "card": card,
        "preprocess": {"frameRate": clock.frame_rate, "frameSize": 128, "pixelFormat": "gbrpf32le", "sampleRateHz": 16000,
                       "mel": MEL},
        "windowSeconds": clock.window_seconds,
        "axes": {"T": clock.frames, "P": f.patches, "A": clock.audio_steps, "Q": f.queries, "D": f.channels,
                 "E": f.embedding, "H": lm.channels, "M": round(clock.window_seconds * 100), "V": lm.vocabulary,
                 "visionChannels": f.vision_channels, "audioChannels": f.audio_channels, "decoderLayers": lm.layers,
                 "decoderHeads": lm.heads, "decoderHeadDim": lm.channels // lm.heads},
        "limits": {"windowsPerAnswer": lm.windows_per_answer, "recalledWindows": 2, "questionTokens": 64, "answerTokens": 96,
                   "contextTokens": lm.context},
        "answering": {"offsetSeconds": clock.offset_seconds, **answering},
        "tokenizer": tokenizer,
        "graphs": graphs,
    }
    (out / "damo.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return manifest


# Tolerances, written once. The graphs hold float16 weights and PyTorch's golden tensors are made with the same rounded
# weights, so what is left is float32 summation order: about 1e-5 relative a layer, some tens of layers.
TOLERANCE = {"atol": 2e-3, "rtol": 2e-3}


def round_weights(network: Damo) -> None:
    """Rounds in PyTorch what the export rounds, so that golden tensors differ by arithmetic order only."""
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.numel() >= 256:
                parameter.copy_(parameter.half().float())


def write_tensor(folder: Path, name: str, value: np.ndarray) -> dict:
    suffix = "i64" if value.dtype == np.int64 else "f32"
    file = folder / f"{name}.{suffix}"
    file.write_bytes(np.ascontiguousarray(value.astype(np.int64 if suffix == "i64" else np.float32)).tobytes())
    return {"dims": list(value.shape), "file": file.name}


def write_golden(network: Damo, tokenizer_file: Path, folder: Path, seed: int = 7) -> None:
    """Raw little-endian tensors and parity.json for tests/integration/model-parity.test.ts."""
    folder.mkdir(parents=True, exist_ok=True)
    parity: dict = {"graphs": {}}
    for name, spec in graph_samples(network, seed).items():
        with torch.no_grad():
            results = spec["module"].eval()(*spec["inputs"].values())
        results = results if isinstance(results, tuple) else (results,)
        parity["graphs"][name] = {
            "inputs": {key: write_tensor(folder, f"{name}.{key}", value.numpy()) for key, value in spec["inputs"].items()},
            "outputs": {key: {**write_tensor(folder, f"{name}.{key}", value.numpy()), **TOLERANCE}
                        for key, value in zip(spec["outputs"], results, strict=True)},
        }
    parity["logMel"] = golden_log_mel(folder, seed)
    parity["greedy"] = golden_greedy(network, folder, seed)
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    texts = ["when does the dog bark", "what is at<w0><t3>", "from <w0><t4><to><w1><t9> ; bell sound", "the cat's cup"]
    parity["tokens"] = [{"text": text, "ids": encode_text(tokenizer, text)} for text in texts]
    (folder / "parity.json").write_text(json.dumps(parity, indent=2) + "\n", encoding="utf-8")


def golden_log_mel(folder: Path, seed: int) -> dict:
    """Half a second of chirp and noise inside an 8 s window of silence."""
    from .data.mel import log_mel

    rng = np.random.default_rng(seed)
    samples = np.zeros(128_000, dtype=np.float32)
    t = np.arange(8000) / 16_000
    samples[16_000:24_000] = 0.3 * np.sin(2 * np.pi * (300 + 3000 * t) * t) + 0.05 * rng.standard_normal(8000)
    features = np.asarray(log_mel(torch.from_numpy(samples)[None])).reshape(800, 64)
    part = slice(16_000, 24_000)
    return {"windowSamples": 128_000, "at": 16_000, "samples": write_tensor(folder, "mel.samples", samples[part]),
            "rows": [90, 160], "expected": {**write_tensor(folder, "mel.expected", features[90:160]), "atol": 1e-3, "rtol": 1e-3}}


def golden_greedy(network: Damo, folder: Path, seed: int) -> dict:
    """Unconstrained greedy decoding of 12 tokens after `<bos> <w0> 16 bridged <q> three words <a>`."""
    generator = torch.Generator().manual_seed(seed)
    lm = network.language_model
    f = network.config.fuseformer
    queries = torch.randn(1, f.queries, f.channels, generator=generator)
    # ids of the control tokens are their places in tokenizer.CONTROL
    prompt = [1, 9] + [9] * f.queries + [3, 60, 61, 62, 4]
    soft_at = list(range(2, 2 + f.queries))
    with torch.no_grad():
        bridged = network.bridge.eval()(queries)
        tokens = list(prompt)
        for _ in range(12):
            ids = torch.tensor([tokens])
            soft, mask = torch.zeros(1, len(tokens), lm.config.channels), torch.zeros(1, len(tokens))
            soft[0, soft_at], mask[0, soft_at] = bridged[0], 1.0
            hidden = lm.eval().hidden(ids, soft, mask)
            tokens.append(int((hidden[0, -1] @ lm.embedding.weight.T).argmax()))
    return {"queries": write_tensor(folder, "greedy.queries", queries.numpy()), "prompt": prompt, "softAt": soft_at,
            "expectedTokens": tokens[len(prompt):]}
