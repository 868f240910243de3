"""`damo-train smoke`: every stage on a tiny network, and a bundle at the end, in under three minutes on two cores."""

import json
import time

import pytest
import torch

from damo_train.cli import smoke
from damo_train.export import TOLERANCE
from damo_train.warm_start import differences, load_bundle

LONGEST_SECONDS = 180  # of processor time: other work on the machine does not count


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("smoke")
    torch.set_num_threads(2)
    began = time.process_time()
    report = smoke(out, steps=20, seed=1)
    return out, report, time.process_time() - began


def test_all_stages_run_and_report(made):
    _, report, seconds = made
    assert list(report) == ["language", "stage1", "matching", "stage2", "stage3", "stage4"]
    assert all(0 <= value <= 1 for stage in ("stage3", "stage4") for key, value in report[stage].items() if key.endswith("accuracy"))
    assert seconds < LONGEST_SECONDS


def test_the_bundle_holds_seven_graphs_and_can_be_gone_on_from(made):
    out, _, _ = made
    manifest = json.loads((out / "bundle/damo.json").read_text(encoding="utf-8"))
    assert sorted(manifest["graphs"]) == ["audio", "bridge", "decoder", "fuseformer", "match", "text", "vision"]
    assert all((out / "bundle" / graph["file"]).stat().st_size == graph["bytes"] for graph in manifest["graphs"].values())
    for graph, output, away in differences(load_bundle(out / "bundle"), out / "bundle"):
        assert away < TOLERANCE["rtol"], f"{graph}.{output} differs by {away}"
    assert (out / "golden/parity.json").exists()
