"""`damo-train`: every step of making a bundle, resumable, same commands on two CPU cores and on a GPU host.

    damo-train smoke   --out DIR          all stages on a tiny network with made-up features, exports a bundle (< 3 minutes)
    damo-train language|draw|library|stage1|matching|stage2|stage3|stage4|export --run DIR ...
    damo-train all     --run DIR          the steps above in order; each goes on from its checkpoint or is skipped
    damo-train ablations|transfer --run DIR --out DIR     what each part, and T3, is worth (studies/; --help says more)
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from .config import NetworkConfig, damo_mini, damo_tiny
from .export import export_bundle, round_weights, write_golden
from .language.soft_words import SoftWords
from .language.things import Thing, demo_things, known_things, load_things
from .network.checkpoint import load_encoders
from .network.damo import Damo
from .stages import alignment, bridging, dialogue_tuning, language, matching, temporal_perception
from .stages.alignment import AlignmentHead
from .theatre.library import Library, SceneEntry, build_sounds, draw_pictures, encode_pictures
from .theatre.playbill import Playbill
from .theatre.soundtrack import Sounding

LIBRARIES = {"train": (5000, 12000, 4000, 11), "val": (400, 700, 400, 12)}  # scenes, photos, soundtracks, seed

MATCHING_MINUTES = 3  # on two cores it has learned what it will after one

ANSWERING = {"absentThreshold": 0.35, "unsureThreshold": 0.35, "calibration": {"scale": 1.0, "bias": 0.0}}


def make_network(config: NetworkConfig, tokenizer: Tokenizer, things: list[Thing]) -> tuple[Damo, AlignmentHead, SoftWords]:
    network = Damo(config)
    head = AlignmentHead(config.fuseformer.channels, config.fuseformer.embedding)
    return network, head, SoftWords(things, tokenizer, config.language_model.channels)


def load_language(network: Damo, soft_words: SoftWords, run: Path) -> None:
    state = torch.load(run / "language.pt", map_location="cpu", weights_only=False)
    network.language_model.load_state_dict(state["model"])
    soft_words.load_state_dict({"roles": state["soft_words"]["roles"]})  # its words are those of other things


def load_warm(network: Damo, run: Path) -> None:
    """What `damo_train.warm_start` took from a bundle, where a run has it. Later checkpoints overwrite it."""
    if (run / "warm.pt").exists():
        state = torch.load(run / "warm.pt", map_location="cpu", weights_only=False)["modules"]
        for name, values in state.items():
            getattr(network, name).load_state_dict(values)


def load_stage(network: Damo, head: AlignmentHead, run: Path, stage: int) -> None:
    state = torch.load(run / f"stage{stage}.pt", map_location="cpu", weights_only=False)["modules"]
    if "language_model" in state:
        network.language_model.add_lora()
    for name, values in state.items():
        (head if name == "head" else getattr(network, name)).load_state_dict(values)


def load_library(run: Path, split: str) -> Library:
    halves = [torch.load(run / f"{half}-{split}.pt", weights_only=False) for half in ("pictures", "sounds")]
    return Library(**halves[0], **halves[1])


def run_stages(network, head, soft_words, things, tokenizer, bill, held_out, run: Path, minutes: dict[int, float],
               steps: int | None, seed: int, batch_size: int) -> dict[str, dict]:
    common = dict(out=run, steps=steps, seed=seed, batch_size=batch_size)
    report = {"stage1": alignment.run(network, head, things, tokenizer, bill, held_out, minutes=minutes[1], **common)}
    report["matching"] = matching.run(network, things, tokenizer, bill, held_out, run, minutes[1], steps, seed, bank_clips=4 * batch_size)
    report["stage2"] = bridging.run(network, head, soft_words, things, tokenizer, bill, held_out, minutes=minutes[2], **common)
    for stage, tuning in ((3, temporal_perception), (4, dialogue_tuning)):
        report[f"stage{stage}"] = tuning.run(network, head, soft_words, things, tokenizer, bill, held_out,
                                                          minutes=minutes[stage], **common)
    return report


def made_up_library(things: list[Thing], seed: int, vision_channels: int = 256, audio_channels: int = 192) -> Library:
    """Features that a perfect encoder might give: one random direction a thing. For the smoke run, which has no data."""
    rng = np.random.default_rng(seed)
    looks = {t.name: rng.standard_normal(vision_channels).astype(np.float16) for t in things if not t.heard}
    sounds = {t.name: rng.standard_normal(audio_channels).astype(np.float16) for t in things if t.heard}
    names = list(looks)
    patches, globals_, scenes, photos, rows = [], [], [], [], 0

    def add(labels: tuple[str, ...]) -> None:
        frame = 0.1 * rng.standard_normal((16, vision_channels))
        for label in labels:
            frame[rng.integers(0, 16, 4)] += looks[label]
        patches.append(frame.astype(np.float16)), globals_.append(frame.mean(0).astype(np.float16))

    for index in range(24):
        one, other = (names[int(i)] for i in rng.permutation(len(names))[:2])
        photos.append(SceneEntry((one,), (), rows))
        for _ in range(3):
            add((one,))
        scenes.append(SceneEntry((), (one, other), rows + 3))
        for labels in [()] * 3 + [(one,)] * 4 + [(other,)] * 4 + [(one, other)] * 4:
            add(labels)
        rows += 18
    audio, tracks = [], []
    for index in range(24):
        count, heard = 1 + index % 3, []
        window = 0.1 * rng.standard_normal((count * 32, audio_channels))
        label = list(sounds)[index % len(sounds)]
        start = int(rng.integers(0, count * 32 - 12))
        window[start : start + 12] += sounds[label]
        heard.append(Sounding(label, start / 4, (start + 12) / 4))
        tracks.append((len(audio), count, heard))
        audio += list(window.reshape(count, 32, audio_channels).astype(np.float16))
    return Library(np.stack(patches), np.stack(globals_), scenes, photos, np.stack(audio), tracks)


def smoke(out: Path, steps: int, seed: int) -> dict:
    """All stages, tiny, no data; exports a bundle that `damo models verify` accepts, and golden tensors."""
    torch.manual_seed(seed)
    config, things, run = damo_tiny(), demo_things(), out / "run"
    shutil.rmtree(run, ignore_errors=True)
    texts = ["a dog runs after a ball", "a cat sits under a tree", "a red flag stands beside a car"]
    report = {"language": language.train(config, things, texts, run, 1, seed, batch_size=8, steps=steps)}
    tokenizer = Tokenizer.from_file(str(run / "tokenizer.json"))
    network, head, soft_words = make_network(config, tokenizer, things)
    load_language(network, soft_words, run)
    library = made_up_library(things, seed, config.fuseformer.vision_channels, config.fuseformer.audio_channels)
    bill, held_out = Playbill(library, things, seed), Playbill(library, things, seed + 1)
    report |= run_stages(network, head, soft_words, things, tokenizer, bill, held_out, run, {k: 1 for k in (1, 2, 3, 4)},
                         steps, seed, batch_size=4)
    export(network, run / "tokenizer.json", out / "bundle", things, report["stage4"], "0.0.0-smoke", out / "golden")
    return report


def card(things: list[Thing], metrics: dict[str, float], config: NetworkConfig) -> dict:
    return {
        "summary": f"{config.name}: DaMO (arXiv 2506.11558), trained from scratch on composed clips.",
        "sees": sorted(thing.name for thing in things if not thing.heard),
        "hears": sorted(thing.name for thing in things if thing.heard),
        "limits": ["English questions about what appears or sounds, when, in what order, how often.",
                   "No transcripts, no reading of text, no open-ended actions.",
                   "Times are half seconds; an answer reads at most "
                   f"{config.language_model.windows_per_answer} windows of {config.clock.window_seconds:g} seconds."],
        "metrics": {key: round(float(value), 4) for key, value in metrics.items()},
        "attribution": ["See NOTICE: Caltech-101, Grocery Store Dataset, Oxford-IIIT Pet, COCO, BOSS, Noto Emoji, Twemoji, "
                        "elementary wallpapers, ESC-10, Berklee/OLPC, Salamander, mod-sounds, Sonic Pi, MAX audio, FSDD."],
        "examples": ["when does the dog appear?", "when does the bell ring?", "what comes after that?"],
    }


def export(network: Damo, tokenizer_file: Path, out: Path, things: list[Thing], metrics: dict, version: str,
           golden: Path | None = None, answering: dict | None = None) -> dict:
    network.language_model.merge_lora()
    network.eval()
    round_weights(network)
    manifest = export_bundle(network, tokenizer_file, out, card(things, metrics, network.config), version,
                             answering or ANSWERING)
    if golden:
        write_golden(network, tokenizer_file, golden)
    return manifest


def main() -> None:
    if sys.argv[1:2] in (["ablations"], ["transfer"]):
        from .studies import ablations, text_transfer

        {"ablations": ablations, "transfer": text_transfer}[sys.argv[1]].main(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(prog="damo-train", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("command", choices=["smoke", "language", "draw", "library", "pictures", "sounds", "stage1", "matching", "stage2", "stage3", "stage4", "export", "all"])
    parser.add_argument("--data", type=Path, default=Path("../../shared/training-data"))
    parser.add_argument("--run", "--out", dest="run", type=Path, default=Path("runs/mini"))
    parser.add_argument("--vision", type=Path, help="checkpoint of the vision encoder (stages/distil_vision.py)")
    parser.add_argument("--audio", type=Path, help="checkpoint of the audio encoder (stages/distil_audio.py)")
    parser.add_argument("--bundle", type=Path, default=Path("../model/bundles/damo-mini"))
    parser.add_argument("--golden", type=Path)
    parser.add_argument("--version", default="0.1.0")
    parser.add_argument("--minutes", type=float, nargs="*", default=[50, 12, 8, 12, 6], help="language, stage 1, 2, 3, 4")
    parser.add_argument("--steps", type=int, help="instead of minutes")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, help="peak learning rate instead of the stage's own; lower after a warm start")
    parser.add_argument("--bank", type=int, default=0, help="stages 2 to 4: draw from so many clips that were fused beforehand")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.command == "smoke":
        print(json.dumps(smoke(options.run, options.steps or 20, options.seed)))
        return
    config, things, run = damo_mini(), known_things(options.data), options.run
    minutes = dict(enumerate(options.minutes))
    everything = options.command == "all"
    if everything or options.command == "language":
        language.train(config, load_things(options.data), language.captions(options.data), run, minutes[0], options.seed)
    if everything or options.command in ("library", "draw"):
        for split, (scenes, photos, _, seed) in LIBRARIES.items():
            if not (run / f"frames-{split}.npy").exists():
                draw_pictures(options.data, split, things, scenes, photos, seed, run / f"frames-{split}.npy")
    if options.command in ("language", "draw"):
        return
    encoders = load_encoders(options.vision or run / "vision.pt", options.audio or run / "audio.pt")
    if everything or options.command in ("library", "sounds", "pictures"):
        for split, (_, _, tracks, seed) in LIBRARIES.items():
            pictures, sounds = run / f"pictures-{split}.pt", run / f"sounds-{split}.pt"
            if options.command != "sounds" and not pictures.exists():
                torch.save(encode_pictures(run / f"frames-{split}.npy", encoders[0]), pictures, pickle_protocol=5)
            if options.command != "pictures" and not sounds.exists():
                made = build_sounds(options.data, split, things, encoders[1], tracks, seed, config.clock)
                torch.save(made, sounds, pickle_protocol=5)
    if options.command in ("library", "sounds", "pictures"):
        return
    tokenizer = Tokenizer.from_file(str(run / "tokenizer.json"))
    network, head, soft_words = make_network(config, tokenizer, things)
    network.vision, network.audio = encoders
    load_warm(network, run)
    if (run / "language.pt").exists():  # a warm start has its language model already, and needs this for new stages only
        load_language(network, soft_words, run)
    if (run / "matching.pt").exists():
        state = torch.load(run / "matching.pt", map_location="cpu", weights_only=False)["modules"]
        network.matching.load_state_dict(state["matching"])
    last = max((stage for stage in (1, 2, 3, 4) if (run / f"stage{stage}.pt").exists()), default=0)
    if options.command == "export":
        for stage in range(1, last + 1):
            load_stage(network, head, run, stage)
    else:
        order = ["stage1", "matching", "stage2", "stage3", "stage4"]
        asked = order if everything else [options.command]
        for stage in range(1, 5):
            if f"stage{stage}" == asked[0]:
                break
            if (run / f"stage{stage}.pt").exists() and order.index(f"stage{stage}") < order.index(asked[0]):
                load_stage(network, head, run, stage)
        bill, held_out = (Playbill(load_library(run, split), things, options.seed + shift)
                          for split, shift in (("train", 0), ("val", 100)))
        for name in asked:
            stage = int(name[-1]) if name != "matching" else 1
            common = dict(out=run, minutes=minutes[stage], steps=options.steps, seed=options.seed,
                          **({"learning_rate": options.rate} if options.rate else {}))
            if name == "stage1":
                alignment.run(network, head, things, tokenizer, bill, held_out, batch_size=options.batch,
                              rest_steps=40 if (run / "warm.pt").exists() else 0, **common)
            elif name == "matching":
                matching.run(network, things, tokenizer, bill, held_out, bank_clips=options.bank or 1440,
                             **common | {"minutes": min(MATCHING_MINUTES, minutes[1])})
            elif name == "stage2":
                bridging.run(network, head, soft_words, things, tokenizer, bill, held_out, bank_clips=options.bank,
                             batch_size=options.batch, **common)
            else:
                tuning = temporal_perception if stage == 3 else dialogue_tuning
                tuning.run(network, head, soft_words, things, tokenizer, bill, held_out, bank_clips=options.bank,
                           batch_size=options.batch, **common)
    if everything or options.command == "export":
        metrics = {}
        for name in ("matching", f"stage{4 if everything else last}"):
            if (run / f"{name}.pt").exists():
                metrics |= torch.load(run / f"{name}.pt", map_location="cpu", weights_only=False)["metrics"]
        export(network, run / "tokenizer.json", options.bundle, things, metrics, options.version, options.golden)


if __name__ == "__main__":
    main()
