"""The contact sheet, and frames that are drawn before there is an encoder."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from damo_train.language.questions import QuestionWriter
from damo_train.language.things import demo_things
from damo_train.language.timeline import Event, Timeline
from damo_train.theatre.clips import as_json
from damo_train.theatre.contact_sheet import FRAME, answer_line, draw
from damo_train.theatre.library import draw_pictures, encode_pictures

DATA = next((folder / "shared/training-data" for folder in Path(__file__).parents if (folder / "shared").exists()), Path("none"))


def test_a_line_of_the_sheet_says_when_or_that_it_is_not_there():
    turn = {"question": "when is the cup visible?", "spans": [[1.5, 4.0], [6.0, 7.0]], "absent": False, "answer": ""}
    assert answer_line(turn) == "when is the cup visible?  ->  1.5-4 s, 6-7 s"
    assert answer_line({**turn, "spans": [], "absent": True}).endswith("->  not there")


def test_an_answer_must_name_or_say_what_the_question_leaves_open():
    things = demo_things()
    of = {thing.name: index for index, thing in enumerate(things)}
    timeline = Timeline(1, 16, (Event(of["dog"], 0, 4), Event(of["cup"], 6, 9), Event(of["cup"], 12, 14)))
    writer = QuestionWriter(things, np.random.default_rng(0))
    asked = {name: [as_json(getattr(writer, name)(timeline)) for _ in range(20)] for name in ("count", "first_or_last", "order", "after", "what_at", "list_all", "when")}
    for turn in asked["count"]:
        assert turn["says"] == (("once",) if "dog" in turn["question"] else ("twice",))
    assert {turn["names"] for turn in asked["first_or_last"]} == {("dog",), ("cup",)}
    assert all(turn["names"] == ("dog", "cup") for turn in asked["list_all"])
    assert not any("names" in turn or "says" in turn for turn in asked["when"])
    for turn in asked["what_at"]:
        if not turn["absent"]:  # judged by its names, and by where it points to
            assert turn["spans"] == [] and len(turn["names"]) == 1
            start, end = turn["within"]
            assert any(event.start < 2 * end and event.end > 2 * start for event in timeline.events) and end == start + 1 == int(end)
    for turn in asked["after"]:
        assert turn["absent"] or turn["names"] == ("cup",)
    assert all(turn["family"] != "order" or turn["says"] in (("yes",), ("no, ",)) for turn in asked["order"])


def test_the_sheet_shows_every_clip_with_its_bars():
    red = Image.new("RGB", (128, 72), (255, 0, 0))
    clip = {"seconds": 10.0, "frames": [red] * 4, "events": [{"what": "cup", "heard": False, "startSeconds": 0, "endSeconds": 10}],
            "turns": [{"question": "when?", "spans": [[0, 10]], "absent": False, "answer": ""}]}
    sheet = draw([clip] * 3)
    pixels = np.asarray(sheet)
    assert (pixels == (255, 0, 0)).all(-1).sum() == 3 * 4 * FRAME * round(FRAME * 72 / 128)
    assert draw([clip] * 5).height > sheet.height


class Mean(torch.nn.Module):
    """Says how bright a frame is."""

    def forward(self, frames):
        level = frames.mean((1, 2, 3))
        return level[:, None, None].expand(-1, 16, 4), level[:, None].expand(-1, 4)


@pytest.mark.skipif(not DATA.exists(), reason="no ../shared/training-data beside the repository")
def test_drawn_frames_are_the_same_for_a_seed_and_go_through_the_encoder_later(tmp_path):
    from damo_train.language.things import known_things

    things = known_things(DATA)
    for name in ("one", "two"):
        draw_pictures(DATA, "val", things, scenes=2, photos=3, seed=5, file=tmp_path / f"{name}.npy")
    assert (tmp_path / "one.npy").read_bytes() == (tmp_path / "two.npy").read_bytes()
    made = encode_pictures(tmp_path / "one.npy", Mean())
    assert len(made["photos"]) == 3 and len(made["scenes"]) == 2
    last = made["scenes"][-1]
    assert len(made["globals"]) > last.first_frame + 3
    frames = np.frombuffer((tmp_path / "one.npy").read_bytes(), np.uint8).reshape(-1, 3, 128, 128)
    np.testing.assert_allclose(made["globals"][:, 0].astype(float), frames.mean((1, 2, 3)) / 255, atol=2e-3)
