"""A bundle read back into PyTorch computes what its ONNX graphs compute, and can be trained on."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from damo_train.config import damo_mini, damo_tiny
from damo_train.export import TOLERANCE, export_bundle, round_weights
from damo_train.network.damo import Damo
from damo_train.network.vision_encoder import VisionConfig, VisionEncoder
from damo_train.warm_start import (WarmStartError, differences, fold, load_bundle, load_graph, settle_batch_norms, weights_by_place,
                                   write_run)

REPOSITORY = Path(__file__).parents[2]
GOLDEN = REPOSITORY / "tests/golden/tiny-bundle"
SHIPPED = REPOSITORY / "model/bundles/damo-mini"
GRAPHS = {"vision", "audio", "fuseformer", "text", "match", "bridge", "decoder"}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    """A tiny bundle of this very code, with no two weights alike."""
    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(1)
    network = Damo(damo_tiny())
    with torch.no_grad():
        for value in network.parameters():
            value.add_(0.05 * torch.randn(value.shape))
    round_weights(network)
    export_bundle(network, GOLDEN / "tokenizer.json", folder / "bundle", {}, "0.0.0-test", {})
    return folder / "bundle"


@pytest.fixture(scope="module")
def network(tiny):
    return load_bundle(tiny)


def agree(network: Damo, bundle: Path) -> None:
    found = list(differences(network, bundle))
    assert {graph for graph, _, _ in found} == GRAPHS
    for graph, output, away in found:
        assert away < TOLERANCE["rtol"], f"{graph}.{output} differs by {away}"


def test_every_graph_of_a_bundle_gives_the_same_numbers_in_pytorch(network, tiny):
    agree(network, tiny)


def test_the_shipped_bundle_can_be_read_back():
    agree(load_bundle(SHIPPED), SHIPPED)


def test_golden_encoders_are_read_back_and_an_older_fuseformer_is_refused():
    from damo_train.export import graph_samples

    network = Damo(damo_tiny())
    samples = graph_samples(network)
    load_graph(samples["audio"], GOLDEN / "audio.onnx")
    with pytest.raises(WarmStartError, match="fuseformer.onnx: 1288 operators"):
        load_graph(samples["fuseformer"], GOLDEN / "fuseformer.onnx")


def test_a_graph_of_another_shape_is_refused(tiny, tmp_path):
    shutil.copytree(tiny, tmp_path / "bundle")
    shutil.copyfile(tiny / "audio.onnx", tmp_path / "bundle/vision.onnx")
    with pytest.raises(WarmStartError, match="vision.onnx"):
        load_bundle(tmp_path / "bundle")


def test_a_bundle_of_another_size_is_refused(tiny):
    with pytest.raises(WarmStartError):
        load_bundle(tiny, damo_mini())


def test_the_run_folder_holds_what_the_stages_take_up(network, tiny, tmp_path):
    write_run(network, tiny, tmp_path)
    modules = torch.load(tmp_path / "warm.pt", weights_only=False)["modules"]
    assert set(modules) == {"fuseformer", "text", "matching", "bridge", "language_model"}
    assert modules["language_model"]["embedding.weight"].shape[0] == damo_tiny().language_model.vocabulary
    assert json.loads((tmp_path / "tokenizer.json").read_text())["model"]["type"] == "BPE"


@torch.no_grad()
def test_settled_batch_norms_leave_the_encoder_as_it_was_and_fit_its_pictures():
    torch.manual_seed(0)
    encoder = VisionEncoder(VisionConfig(channels=32, widths=(8, 8, 16, 16), blocks=(0, 1, 0, 1), group_width=8, heads=2)).eval()
    pictures = torch.rand(64, 3, 128, 128)
    before = encoder(pictures)
    settle_batch_norms(encoder, lambda: encoder(pictures))
    after = encoder(pictures)
    for one, other in zip(before, after, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)
    conv, norm = encoder.trunk[0]
    passing = conv((pictures - encoder.mean) / encoder.deviation)
    torch.testing.assert_close(norm.running_mean, passing.mean((0, 2, 3)), atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(norm.running_var, passing.var((0, 2, 3)), atol=1e-3, rtol=1e-2)
    # with its own statistics the norm says much the same in training as it does at rest
    encoder.train()
    for one, other in zip(before, encoder(pictures), strict=True):
        assert (one - other).abs().mean() < 0.02 * one.abs().mean()


def test_weights_are_found_whatever_the_export_calls_them(network, tiny):
    operators, weights = weights_by_place(tiny / "vision.onnx")
    assert operators.count("Conv") == 4
    folded, bias = fold(network.vision, "trunk.0.0", "trunk.0.1")
    first = min(place for place in weights if operators[place[0]] == "Conv")
    torch.testing.assert_close(torch.from_numpy(weights[first]), folded)
    assert bias.shape == (8,)
