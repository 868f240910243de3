"""Timelines, questions and soft words."""

import numpy as np
import torch
from tokenizers import Tokenizer

from damo_train.config import damo_tiny
from damo_train.language.questions import QuestionWriter, time_token
from damo_train.language.soft_words import SoftWords, slot_entries
from damo_train.language.text_tasks import TextTasks, variants
from damo_train.language.things import Thing, base_form, demo_things, when_clause
from damo_train.language.timeline import Event, Timeline, merge_touching, random_timeline
from damo_train.language.tokenizer import encode_text, train_tokenizer
from damo_train.network.language_model import LanguageModel
from damo_train.stages.batching import PromptEncoder, dialogue_batch
from damo_train.stages.language import tokenizer_texts


def make_tokenizer(folder) -> Tokenizer:
    return train_tokenizer(tokenizer_texts(demo_things(), [], 0), 768, folder / "tokenizer.json")


def test_verbs_of_captions_become_questions():
    assert [base_form(v) for v in ("rings", "flies", "crashes", "goes", "buzzes")] == ["ring", "fly", "crash", "go", "buzz"]
    assert when_clause("a dog barks") == "does the dog bark"
    assert when_clause("a drum is hit") == "is the drum hit"
    assert when_clause("someone knocks on a door") == "does someone knock on a door"


def test_the_end_of_a_window_is_written_in_that_window():
    assert time_token(16) == "<w1><t0>"
    assert time_token(16, end=True) == "<w0><t16>"
    assert time_token(3) == "<w0><t3>"


def test_touching_events_of_one_thing_become_one():
    assert merge_touching([Event(1, 0, 3), Event(1, 4, 6), Event(2, 1, 2)]) == [Event(1, 0, 6), Event(2, 1, 2)]


def test_every_answer_points_at_events_of_the_timeline_and_absent_things_are_absent():
    rng = np.random.default_rng(3)
    things = demo_things()
    writer = QuestionWriter(things, rng)
    absent = total = 0
    for _ in range(400):
        timeline = random_timeline(rng, things, 4)
        starts = {e.start for e in timeline.events} | {0}
        for turn in writer.dialogue(timeline, 4):
            total += 1
            absent += turn.answer.startswith("<absent>")
            assert turn.answer.startswith(("<found> ", "<absent> "))
            for start, end in turn.spans:
                assert 0 <= start < end <= timeline.slots
                assert turn.family == "what_at" or start in starts
            if turn.family == "absent":
                there = {things[e.thing].name for e in timeline.events}
                assert not any(f"the {name} " in turn.answer or f"the {name} is" in turn.answer for name in there)
    assert absent / total >= 0.2


def test_attributes_change_and_events_meet_as_the_timeline_says():
    rng = np.random.default_rng(5)
    things = [*demo_things(), *(Thing(f"{colour} circle", False) for colour in ("red", "blue", "green"))]
    assert {noun: [colour for colour, _ in found] for noun, found in variants(things).items()} == {"circle": ["red", "blue", "green"]}
    tasks, met = TextTasks(things, rng), {"attribute_change": 0, "relation": 0, "stays": 0}
    for _ in range(300):
        drawn = tasks.draw(4)
        for turn in drawn[1] if drawn else ():
            timeline = drawn[0]
            circles = [event for event in timeline.events if "circle" in things[event.thing].name]
            if turn.family == "relation":
                met["relation"] += 1
                meeting = "yes" in turn.says
                assert len(turn.spans) == (1 if meeting else 2)
                if meeting:
                    start, end = turn.spans[0]
                    assert sum(event.start <= start and event.end >= end for event in timeline.events) >= 2
            elif turn.answer.startswith("<absent>"):
                met["stays"] += 1
                assert len(circles) == 1
            else:
                met["attribute_change"] += 1
                one, other = circles
                assert one.end == other.start and turn.spans == ((other.start, other.end),)
                assert f"from {things[one.thing].name.split()[0]} to {things[other.thing].name.split()[0]} ," in turn.answer
    assert min(met.values()) > 15


def test_prompts_put_a_soft_word_under_every_half_second_and_learn_answers_only(tmp_path):
    encoder = PromptEncoder(make_tokenizer(tmp_path))
    writer = QuestionWriter(demo_things(), np.random.default_rng(0))
    timeline = Timeline(2, 32, (Event(4, 2, 9),))
    batch = dialogue_batch(encoder, [2], [writer.dialogue(timeline, 2)])
    assert (batch.slots[0] >= 0).sum() == 32
    assert batch.tokens[0, 0] == encoder.id["<bos>"]
    learned = batch.targets[0][batch.targets[0] >= 0]
    assert learned[0] in (encoder.id["<found>"], encoder.id["<absent>"])
    assert (learned == encoder.id["<eos>"]).sum() == 2
    for position in torch.nonzero(batch.targets[0] >= 0)[:, 0]:
        assert batch.tokens[0, position + 1] == batch.targets[0, position]


def test_time_tokens_follow_words_without_a_space(tmp_path):
    tokenizer = make_tokenizer(tmp_path)
    pieces = [tokenizer.id_to_token(i) for i in encode_text(tokenizer, "what is at <w0><t3>")]
    assert pieces[-2:] == ["<w0>", "<t3>"] and "Ġ" not in pieces


def test_soft_words_say_what_is_there_and_where(tmp_path):
    things = demo_things()
    model = LanguageModel(damo_tiny().language_model)
    soft = SoftWords(things, make_tokenizer(tmp_path), model.config.channels)
    entries = slot_entries(Timeline(1, 16, (Event(4, 2, 5),)), things)
    rows, ids, roles = (torch.tensor(column) for column in zip(*entries, strict=True))
    made = soft(model.embedding, rows, ids, roles, torch.ones(len(rows)), 16)
    clock = soft.clock(model.embedding, 16)
    changed = (made - clock).abs().sum(-1) > 1e-6
    assert changed.nonzero()[:, 0].tolist() == [2, 3, 4]


def test_the_exported_step_equals_the_whole_sequence():
    torch.manual_seed(0)
    model = LanguageModel(damo_tiny().language_model).eval()
    tokens, soft = torch.randint(0, 700, (1, 9)), torch.randn(1, 9, 32)
    mask = (torch.arange(9) % 3 == 0).float()[None]
    with torch.no_grad():
        expected = model.hidden(tokens, soft, mask)[:, -1] @ model.embedding.weight.T
        past = torch.zeros(0, 2, 2, 2, 16)
        for part in (slice(0, 4), slice(4, 8), slice(8, 9)):
            logits, present = model.step(tokens[:, part], soft[:, part], mask[:, part], past)
            past = torch.cat([past, present])
    torch.testing.assert_close(logits, expected, atol=1e-4, rtol=1e-4)


def test_merged_lora_changes_nothing():
    torch.manual_seed(0)
    model = LanguageModel(damo_tiny().language_model).eval()
    for parameter in model.add_lora():
        torch.nn.init.normal_(parameter, std=0.1)
    tokens = torch.randint(0, 700, (2, 7))
    with torch.no_grad():
        before = model.hidden(tokens)
        model.merge_lora()
        torch.testing.assert_close(model.hidden(tokens), before, atol=1e-4, rtol=1e-4)


def test_the_control_of_t3_shows_every_dialogue_another_timeline_of_the_same_length():
    from damo_train.stages.language import shift_alike

    rng = np.random.default_rng(5)
    timelines = [random_timeline(rng, demo_things(), max_windows=2) for _ in range(12)]
    shifted = shift_alike(timelines)
    assert [t.windows for t in shifted] == [t.windows for t in timelines]
    assert all(one is not other for one, other in zip(timelines, shifted, strict=True))
    assert {id(t) for t in shifted} == {id(t) for t in timelines}
