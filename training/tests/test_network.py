"""Rows 2 to 8: shapes, masks, the forward state."""

import torch

from damo_train.config import damo_mini, damo_tiny
from damo_train.network.fuseformer import Fuseformer
from damo_train.network.qformer import QFormer


def inputs(config, batch: int = 2):
    f, clock = config.fuseformer, config.clock
    return dict(patches=torch.randn(batch, clock.frames, f.patches, f.vision_channels),
                global_token=torch.randn(batch, clock.frames, f.vision_channels), visual_mask=torch.ones(batch, clock.frames),
                audio=torch.randn(batch, clock.audio_steps, f.audio_channels), audio_mask=torch.ones(batch, clock.audio_steps),
                start_seconds=torch.zeros(batch), state=torch.randn(batch, f.queries, f.channels), state_mask=torch.ones(batch))


def fuseformer(config) -> Fuseformer:
    torch.manual_seed(0)
    return Fuseformer(config.fuseformer, config.clock).eval()


@torch.no_grad()
def test_shapes_of_the_shipped_network():
    config = damo_mini()
    queries, embedding = fuseformer(config)(**inputs(config))
    assert queries.shape == (2, 16, 256) and embedding.shape == (2, 128)
    torch.testing.assert_close(embedding.norm(dim=-1), torch.ones(2))
    assert QFormer(config)(queries).shape == (2, 16, config.language_model.channels)


@torch.no_grad()
def test_what_is_masked_changes_nothing():
    config = damo_tiny()
    network, given = fuseformer(config), inputs(damo_tiny())
    given["visual_mask"][:, 20:] = 0
    given["audio_mask"][:] = 0
    given["state_mask"][:] = 0
    before = network(**given)[0]
    given["patches"][:, 20:], given["global_token"][:, 20:] = 9.0, 9.0
    given["audio"][:], given["state"][:] = -9.0, 9.0
    torch.testing.assert_close(network(**given)[0], before, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_state_sound_and_time_each_matter():
    config = damo_tiny()
    network, given = fuseformer(config), inputs(config)
    before = network(**given)[0]
    for name in ("state_mask", "audio_mask", "visual_mask"):
        assert (network(**{**given, name: torch.zeros_like(given[name])})[0] - before).abs().max() > 1e-3
    assert (network(**{**given, "start_seconds": torch.full((2,), 64.0)})[0] - before).abs().max() > 1e-4


def test_a_bank_gives_back_the_queries_of_its_clips(tmp_path):
    """Fused once, drawn in any order; another Fuseformer gets a bank of its own."""
    from damo_train.cli import made_up_library
    from damo_train.language.things import demo_things
    from damo_train.stages.bank import fill_bank
    from damo_train.theatre.playbill import Playbill

    config, things = damo_tiny(), demo_things()
    network = fuseformer(config)
    bill = Playbill(made_up_library(things, 1, 32, 24), things, 1)
    bank = fill_bank(network, bill, 6, 8.0, tmp_path / "bank.pt", batch=3)
    batch = bank.draw(4)
    assert len(batch.queries) == sum(batch.windows) == sum(t.windows for t in batch.timelines)
    first = next(i for i, t in enumerate(bank.timelines) if t is batch.timelines[0])
    torch.testing.assert_close(batch.queries[: batch.windows[0]], bank.queries[first].float())
    again = fill_bank(network, bill, 6, 8.0, tmp_path / "bank.pt", batch=3)
    assert all(torch.equal(one, other) for one, other in zip(bank.queries, again.queries, strict=True))
    torch.manual_seed(5)
    other = fill_bank(Fuseformer(config.fuseformer, config.clock), bill, 6, 8.0, tmp_path / "bank.pt", batch=3)
    assert other.timelines != bank.timelines


def test_doubt_moves_whole_windows_and_keeps_what_a_window_is_about():
    import numpy as np

    from damo_train.stages.clips import doubt

    torch.manual_seed(0)
    features = torch.randn(40, 8, 4, 16) + 5 * torch.randn(40, 1, 1, 16)
    doubted = doubt(features, np.random.default_rng(0), shift=0.5, mixed=0.4)
    moved = doubted - features
    assert moved.std(dim=(1, 2)).mean() < moved.mean((1, 2)).abs().mean(), "a window is moved as a whole"
    distance = torch.cdist(doubted.mean((1, 2)), features.mean((1, 2)))
    assert (distance.argmin(1) == torch.arange(40)).float().mean() > 0.9, "and is still nearest to itself"
    assert torch.equal(doubt(features, np.random.default_rng(0), shift=0.0, mixed=0.0), features)
