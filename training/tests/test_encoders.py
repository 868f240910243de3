"""The frozen encoders, the log-mel reference and the reading of the training material."""

from pathlib import Path

import numpy as np
import pytest
import torch

from damo_train.data.archive import Archive
from damo_train.data.mel import LogMel, MelConfig, log_mel_numpy, mel_filters
from damo_train.data.pictures import GRID, SIDE, places_of
from damo_train.data.words import Words
from damo_train.network.audio_encoder import AudioEncoder
from damo_train.network.vision_encoder import VisionEncoder
from damo_train.stages.distil_audio import LOG_FLOOR, mix_windows
from damo_train.stages.distil_vision import mix_places, spread

DATA = Path(__file__).parents[3] / "shared" / "training-data"
needs_data = pytest.mark.skipif(not DATA.exists(), reason=f"training material is not at {DATA}")


def test_vision_encoder_gives_16_patches_and_a_global_token_for_any_number_of_frames():
    encoder = VisionEncoder().eval()
    for count in (1, 3):
        patches, whole = encoder(torch.rand(count, 3, 128, 128))
        assert patches.shape == (count, 16, 256)
        assert whole.shape == (count, 256)
    assert 2e6 < sum(p.numel() for p in encoder.parameters()) < 4e6


def test_a_frame_is_encoded_alike_alone_and_in_a_batch():
    encoder = VisionEncoder().eval()
    frames = torch.rand(4, 3, 128, 128)
    with torch.no_grad():
        together, alone = encoder(frames), encoder(frames[2:3])
    torch.testing.assert_close(together[0][2:3], alone[0], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(together[1][2:3], alone[1], atol=1e-4, rtol=1e-4)


def test_audio_encoder_gives_four_tokens_a_second():
    with torch.no_grad():
        tokens = AudioEncoder().eval()(torch.randn(2, 800, 64))
    assert tokens.shape == (2, 32, 192)


def test_an_audio_token_hears_only_its_own_time_and_its_neighbours():
    encoder = AudioEncoder().eval()
    log_mel = torch.randn(1, 800, 64)
    changed = log_mel.clone()
    changed[:, 400:425] += 3  # token 16
    with torch.no_grad():
        difference = (encoder(changed) - encoder(log_mel)).abs().amax((0, 2))
    touched = set(torch.nonzero(difference > 1e-5).flatten().tolist())
    assert 16 in touched
    assert touched <= {14, 15, 16, 17, 18}


def test_log_mel_for_training_equals_the_reference():
    samples = np.random.default_rng(0).normal(0, 0.1, 32_000).astype(np.float32)
    fast = LogMel()(torch.from_numpy(samples)[None])[0].numpy()
    plain = log_mel_numpy(samples)
    assert plain.shape == (200, 64)
    np.testing.assert_allclose(fast, plain, atol=1e-3)


def test_log_mel_of_digital_silence_is_the_log_of_the_offset():
    config = MelConfig()
    assert np.all(log_mel_numpy(np.zeros(16_000)) == np.log(config.log_offset))


def test_a_tone_is_loudest_in_the_band_around_its_frequency():
    config = MelConfig()
    tone = np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000)
    loudest = log_mel_numpy(tone)[50].argmax()
    hz = np.arange(config.fft_size // 2 + 1) * config.sample_rate_hz / config.fft_size
    filters = mel_filters(config)
    assert abs(hz[filters[:, loudest].argmax()] - 1000) < 60
    assert np.all(filters.sum(0) > 0)


def test_places_of_a_thing_are_those_it_covers():
    alpha = np.zeros((SIDE, SIDE), np.float32)
    alpha[:32, 32:64] = 1
    assert places_of(alpha) == 1 << 1
    assert places_of(np.zeros((SIDE, SIDE))) == 0


def test_a_thing_switches_on_its_broader_words():
    words = Words([("soccer ball", "object"), ("girl", "person"), ("dalmatian dog", "animal")], ["sports ball", "dog", "person"])
    broader = lambda word: {words.names[index] for index in words.implied[words.index[word]]}  # noqa: E731
    assert "ball" in broader("soccer ball")
    assert "person" in broader("girl")
    assert {"dog", "animal"} <= broader("dalmatian dog")


def test_spread_marks_the_places_of_things_and_leaves_unknown_places_open():
    implied = torch.eye(3)
    things = torch.tensor([[0, 2, -1]])
    places = torch.tensor([[0b1001, 0, 0]])
    whole, local, unknown = spread(things, places, implied)
    assert whole.tolist() == [[1, 0, 1]]
    assert torch.nonzero(local[0, :, 0]).flatten().tolist() == [0, 3]
    assert local[..., 2].sum() == 0
    assert unknown.tolist() == [[0, 0, 1]]
    assert GRID * GRID == local.shape[1]


@needs_data
def test_a_piece_of_another_picture_brings_what_is_seen_there(monkeypatch):
    monkeypatch.setattr("damo_train.stages.distil_vision.MIXED", 1.0)
    torch.manual_seed(0)
    count = 8
    things, places = torch.full((count, 2), -1), torch.zeros(count, 2, dtype=torch.int64)
    things[:, 0], places[:, 0] = torch.arange(count), (1 << 16) - 1  # one thing each, everywhere
    level = torch.arange(count).float()
    batch = {"frames": level.view(-1, 1, 1, 1).expand(count, 3, 128, 128).clone(), "features": level.view(-1, 1, 1).expand(count, 17, 4).clone(),
             "logits": torch.randn(count, 5), "things": things, "places": places}
    mix_places(batch, np.random.default_rng(1))
    assert (batch["kept"] < 1).all()
    for row in range(count):
        cells = batch["frames"][row, 0, 16::32, 16::32].flatten()
        np.testing.assert_array_equal(batch["features"][row, 1:, 0], cells)
        assert (cells == level[row]).float().mean() >= batch["kept"][row]
        for thing, mask in zip(batch["things"][row], batch["places"][row], strict=True):
            if thing >= 0 and thing != row:  # what came along lies where its pixels lie
                np.testing.assert_array_equal([bool(mask >> place & 1) for place in range(16)], cells == thing)


def test_two_windows_at_once_are_as_loud_as_both_and_hold_what_either_holds(monkeypatch):
    monkeypatch.setattr("damo_train.stages.distil_audio.MIXED", 1.0)
    heard = torch.zeros(2, 32, 4)
    heard[0, :, 0], heard[1, :16, 0] = 1, 1  # silence: all of one window, half of the other,
    heard[1, 16:, 2] = 1  # where a dog barks
    log_mel = torch.full((2, 800, 64), float(np.log(LOG_FLOOR)))
    log_mel[1, 400:] = 0.0
    batch = {"log_mel": log_mel, "heard": heard}
    mix_windows(batch, np.random.default_rng(6))  # draws the other one for both
    assert batch["whole"].tolist() == [0, 0]
    both = batch["log_mel"][0]
    assert both[:400].max() < -13 and -2.1 < both[400:].min() <= both[400:].max() < 1e-3
    assert batch["heard"][0, :16, 0].all() and not batch["heard"][0, 16:, 0].any() and batch["heard"][0, 16:, 2].all()


def test_archive_reads_every_kind_of_item():
    photos, cutouts, sounds = (Archive(DATA, kind) for kind in ("photos", "cutouts", "sounds"))
    photo = photos.split("val")[0]
    assert photos.photo(photo).size == (photo.fields["w"], photo.fields["h"])
    cutout = cutouts.cutout(cutouts.split("train")[0])
    assert cutout.mode == "RGBA" and cutout.getchannel("A").getextrema()[1] > 0
    sound = sounds.split("train")[0]
    assert abs(len(sounds.sound(sound)) / 16_000 - sound.fields["dur"]) < 0.1


@needs_data
def test_no_item_is_in_both_splits():
    for kind in ("photos", "cutouts", "sounds"):
        archive = Archive(DATA, kind)
        train, val = ({item.key for item in archive.split(name)} for name in ("train", "val"))
        assert train and val and not train & val
