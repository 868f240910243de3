"""The studies: judging of answers, intervals, the table of ablations from a tiny network."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from damo_train.cli import made_up_library
from damo_train.config import damo_tiny
from damo_train.language.questions import Turn
from damo_train.language.things import demo_things
from damo_train.network.fuseformer import Fuseformer
from damo_train.stages import language
from damo_train.studies import ablations, moments, text_transfer
from damo_train.studies.exam import Mark, bootstrap, figures, judge, slots_of
from damo_train.studies.text_transfer import Transfer, report
from damo_train.studies.world import World

from test_network import inputs


def names(text: str) -> list[str]:
    return text.split()


def test_slots_that_an_answer_covers():
    assert slots_of(names("<found> Ġdog <w0> <t14> <to> <w1> <t2> Ġand <w0> <t1> <to> <w0> <t3>")) == {1, 2, 14, 15, 16, 17}
    assert slots_of(names("<found> <w0> <t1> Ġto <w0> <t3>")) == set()


@pytest.mark.parametrize(("wanted", "family", "spans", "said", "right"), [
    ("<found> dog", "when_seen", ((0, 4),), "<found> Ġdog <w0> <t0> <to> <w0> <t4>", True),
    ("<found> dog", "when_seen", ((0, 4),), "<found> Ġdog <w0> <t3> <to> <w0> <t9>", False),
    ("<found> dog", "when_seen", ((0, 4),), "<absent>", False),
    ("<absent> dog", "absent", (), "<absent>", True),
    ("<absent> dog", "absent", (), "<found> Ġdog <w0> <t0> <to> <w0> <t4>", False),
    ("<found> yes , dog", "order", ((0, 2), (4, 6)), "<found> Ġyes Ġ,", True),
    ("<found> no , dog", "order", ((0, 2), (4, 6)), "<found> Ġyes Ġ,", False),
])
def test_what_is_right(wanted, family, spans, said, right):
    assert judge(0, Turn("q", wanted, family, spans), names(said)).right is right


def test_figures_count_each_question_where_it_belongs():
    marks = [Mark(0, "when_seen", False, False, 0.6, True), Mark(0, "order", False, False, 0.0, False), Mark(1, "absent", True, False, 0.0, False)]
    made = figures(marks)
    assert (made["questions"], made["miou"], made["order"], made["grounding"], made["absent_recall"]) == (3, 0.6, 0.0, 1.0, 0.0)


def test_an_interval_widens_when_answers_of_a_clip_hang_together():
    rng = np.random.default_rng(0)
    better = rng.random(40).repeat(10) < 0.6
    nothing = np.zeros(400)
    apart, together = (bootstrap(clips, better.astype(float), nothing) for clips in (np.arange(400), np.arange(40).repeat(10)))
    assert apart[0] == together[0] == pytest.approx(better.mean())
    assert together[2] - together[1] > 2 * (apart[2] - apart[1])
    assert bootstrap(np.arange(400), better.astype(float), better.astype(float))[1:] == (0, 0)


def test_moments_by_threshold_and_by_nearness_to_the_best():
    logits = np.array([[3.0, -5.0], [2.5, -6.0], [-1.0, -9.0]])
    there = np.array([[True, True], [True, True], [False, False]])
    sight = moments.Sight([logits], [there], np.array([[1.0, 0.0]]))
    assert moments.ious(sight, 1.0, 0.0)[2].tolist() == [1.0, 0.5]
    assert moments.ious(sight, 1.0, 1.5)[2].tolist() == [1.0, 1.0]
    assert moments.average_precision(np.array([3.0, 1.0, 2.0]), np.array([True, True, False])) == pytest.approx((1 + 2 / 3) / 2)


@torch.no_grad()
@pytest.mark.parametrize("left_out", ["audio", "global_residual", "grouped_conv", "temporal_embedding", "multimodal_attention", "query_residual"])
def test_leaving_a_part_out_changes_what_comes_out_and_no_weight(left_out):
    config = damo_tiny()
    whole, without = (Fuseformer(f, config.clock).eval() for f in (config.fuseformer, replace(config.fuseformer, **{left_out: False})))
    without.load_state_dict(whole.state_dict())
    given = inputs(config)
    assert (whole(**given)[0] - without(**given)[0]).abs().max() > 1e-3
    if left_out == "audio":
        before = without(**given)[0]
        given["audio"] = given["audio"] + 3
        torch.testing.assert_close(before, without(**given)[0])


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Two steps of everything on made-up features."""
    torch.set_num_threads(2)
    with pytest.MonkeyPatch.context() as patch:
        for module in (ablations, text_transfer):
            patch.setattr(module, "BATCH", 4), patch.setattr(module, "BANK", 24)
        patch.setattr(text_transfer, "PROBES", 4)
        yield make_world(tmp_path_factory)


def make_world(tmp_path_factory):
    out, things, config = tmp_path_factory.mktemp("studies"), demo_things(), damo_tiny()
    for arm in ("t3", "captions"):
        language.train(config, things, ["a dog runs after a ball"] * 3, out / arm, 1, 1, batch_size=4, steps=2, t3=arm == "t3")
    tokenizer = Tokenizer.from_file(str(out / "t3/tokenizer.json"))
    f = config.fuseformer
    libraries = (made_up_library(things, seed, f.vision_channels, f.audio_channels) for seed in (1, 2))
    return out, World(things, tokenizer, *libraries), config


def test_ablations_make_a_table_and_go_on_where_they_were(study):
    out, world, config = study

    def run(names):
        return ablations.Ablations(world, config, out / "t3", out, 0, (2, 2, 2), 1, exam_clips=3, fit_clips=3).run(names)

    results = run(["full", "late-fusion", "pooled"])
    before = (out / "full/stage1.pt").stat().st_mtime
    results = run(["full", "linear-bridge"])
    assert (out / "full/stage1.pt").stat().st_mtime == before
    text = (out / "ablations.md").read_text(encoding="utf-8")
    assert [line.split("|")[1].strip() for line in text.splitlines()[2:]] == [
        variant.title for variant in ablations.VARIANTS if variant.name in ("full", "late-fusion", "linear-bridge", "pooled")]
    assert len(results["full"]["marks"]) == len(results["pooled"]["marks"]) > 3
    assert all(0 <= value <= 1 for value in results["late-fusion"]["sight"]["figures"].values())


def test_transfer_pairs_both_arms_on_the_same_questions(study):
    out, world, config = study
    transfer = Transfer(world, config, {arm: out / arm for arm in ("t3", "captions")}, out / "full/stage1.pt", out, (1, 1))
    transfer.exam.turns[2:] = [[] for _ in transfer.exam.turns[2:]]
    clips = {arm: [transfer.run(arm, 1)] for arm in ("t3", "captions")}
    probe = transfer.probe("t3")
    assert [mark.family for mark in clips["t3"][0]] == [mark.family for mark in clips["captions"][0]]
    assert "gain of T3" in report(clips, {"t3": probe, "captions": probe})
