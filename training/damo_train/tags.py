"""Prints what the two encoders' training heads see and hear in real clips, second by second: a look inside, not a metric.

    python -m damo_train.tags --vision vision.pt --audio audio.pt CLIP...
"""

import argparse
import subprocess
from pathlib import Path

import numpy as np
import torch

from .data.archive import SAMPLE_RATE_HZ
from .data.mel import LogMel
from .data.pictures import SIDE
from .data.soundscapes import WINDOW_SAMPLES
from .network.audio_encoder import AudioEncoder
from .network.vision_encoder import VisionEncoder
from .stages.distil_audio import AudioHeads
from .stages.distil_vision import VisionHeads, tell

FRAME_RATE = 4


def run_ffmpeg(clip: Path, arguments: list[str]) -> bytes:
    return subprocess.run(["ffmpeg", "-v", "error", "-i", str(clip), *arguments, "pipe:1"], capture_output=True).stdout


def read_frames(clip: Path) -> np.ndarray:
    """uint8 RGB [T, SIDE, SIDE, 3], squashed, four a second."""
    raw = run_ffmpeg(clip, ["-vf", f"fps={FRAME_RATE},scale={SIDE}:{SIDE}:flags=area", "-f", "rawvideo", "-pix_fmt", "rgb24"])
    return np.frombuffer(raw, np.uint8).reshape(-1, SIDE, SIDE, 3)


def read_sound(clip: Path) -> np.ndarray:
    """float32 windows [W, samples]; none where there is no sound."""
    raw = run_ffmpeg(clip, ["-vn", "-f", "f32le", "-ac", "1", "-ar", str(SAMPLE_RATE_HZ)])
    samples = np.frombuffer(raw, "<f4")
    return np.pad(samples, (0, -len(samples) % WINDOW_SAMPLES)).reshape(-1, WINDOW_SAMPLES)


def line(chances: torch.Tensor, names: list[str], count: int, least: float) -> str:
    top = chances.topk(count)
    pairs = zip(top.values.tolist(), top.indices.tolist(), strict=True)
    return ", ".join(f"{names[index]} {value:.2f}" for value, index in pairs if value >= least)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vision", type=Path)
    parser.add_argument("--audio", type=Path)
    parser.add_argument("--least", type=float, default=0.3)
    parser.add_argument("clips", type=Path, nargs="+")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for clip in arguments.clips:
        print(f"## {clip.name}")
        seen: list[str] = []
        heard: list[str] = []
        if arguments.vision:
            state = torch.load(arguments.vision, weights_only=False)
            encoder, heads = VisionEncoder(), VisionHeads(len(state["words"]))
            encoder.load_state_dict(state["model"])
            heads.load_state_dict(state["heads"])
            told = tell(encoder, heads, read_frames(clip))
            whole = torch.sigmoid(told["words"])
            places = torch.sigmoid(told["place_words"]).amax(1)
            for start in range(0, len(whole), FRAME_RATE):
                part = slice(start, start + FRAME_RATE)
                tags = line(whole[part].mean(0), state["words"], 6, arguments.least)
                seen.append(f"{tags} | places: {line(places[part].mean(0), state['words'], 5, arguments.least)}")
        if arguments.audio:
            state = torch.load(arguments.audio, weights_only=False)
            encoder, heads = AudioEncoder(), AudioHeads(len(state["words"]))
            encoder.load_state_dict(state["model"])
            heads.load_state_dict(state["heads"])
            encoder.eval()
            windows = read_sound(clip)
            if len(windows):
                with torch.no_grad():
                    told = heads(encoder(LogMel()(torch.from_numpy(windows))))
                chances = torch.sigmoid(told["words"]).flatten(0, 1)
                heard = [line(chances[s : s + 4].mean(0), state["words"], 5, arguments.least) for s in range(0, len(chances), 4)]
        for second in range(max(len(seen), len(heard) if not seen else 0)):
            sound = heard[second] if second < len(heard) else ""
            print(f"{second:3d} s  sees: {seen[second] if second < len(seen) else ''}  hears: {sound}")


if __name__ == "__main__":
    main()
