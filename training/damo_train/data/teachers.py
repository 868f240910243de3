"""The public encoders that our two encoders learn from (../shared/weights/SOURCES.md has every signature).

They are read where they lie, run by ONNX Runtime and never shipped: only what they say about a picture or a sound is used.
"""

from pathlib import Path

import numpy as np
from PIL import Image


def open_session(path: Path, threads: int):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class PictureTeacher:
    """MobileNetV2 on ImageNet."""

    def __init__(self, weights: Path | str, threads: int = 1):
        self.session = open_session(Path(weights) / "mobilenet-v2-imagenet/mobilenet_v2_1.0_224.onnx", threads)

    def look(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """uint8 RGB [N, H, W, 3] -> features [N, 17, 1280] (the embedding, then 4x4 places row-major), logits [N, 1001]."""
        side = 224
        batch = np.empty((len(pictures), 3, side, side), np.float32)
        for index, picture in enumerate(pictures):
            upsampled = Image.fromarray(picture).resize((side, side), Image.Resampling.BILINEAR)
            batch[index] = np.asarray(upsampled, np.float32).transpose(2, 0, 1)
        batch = (batch - 127.5) / 127.5
        embedding, spatial, logits = self.session.run(["embedding", "features", "logits"], {"image": batch})
        # 7x7 to 4x4: neighbouring cells overlap by one, so every place of the 4x4 grid averages 2x2 of the 7x7 one.
        rows = (spatial[:, :, 0::2] + np.concatenate([spatial[:, :, 1::2], spatial[:, :, 6:]], axis=2)) / 2
        cells = (rows[..., 0::2] + np.concatenate([rows[..., 1::2], rows[..., 6:]], axis=3)) / 2
        places = cells.reshape(len(pictures), cells.shape[1], 16).transpose(0, 2, 1)
        return np.concatenate([embedding[:, None], places], axis=1), logits


class ThingTeacher:
    """YOLOX-nano on COCO."""

    SIDE = 416

    def __init__(self, weights: Path | str, threads: int = 1):
        folder = Path(weights) / "yolox-nano-coco"
        self.session = open_session(folder / "yolox_nano.onnx", threads)
        self.labels = (folder / "coco_labels.txt").read_text().split("\n")[:80]

    def boxes(self, picture: Image.Image, threshold: float = 0.4) -> list[tuple[str, float, tuple[float, ...]]]:
        """(COCO word, score, (left, top, right, bottom) as shares of the picture), overlapping doubles removed."""
        side = self.SIDE
        scale = side / max(picture.size)
        width, height = (max(1, round(length * scale)) for length in picture.size)
        canvas = np.full((side, side, 3), 114, np.float32)
        canvas[:height, :width] = np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC))[..., ::-1]
        rows = self.session.run(None, {"images": canvas.transpose(2, 0, 1)[None]})[0][0]
        grids, strides = [], []
        for stride in (8, 16, 32):
            count = side // stride
            y, x = np.mgrid[:count, :count]
            grids.append(np.stack([x, y], -1).reshape(-1, 2))
            strides.append(np.full((count * count, 1), stride))
        grid, stride = np.concatenate(grids), np.concatenate(strides)
        centre, size = (rows[:, :2] + grid) * stride, np.exp(rows[:, 2:4]) * stride
        scores = rows[:, 4:5] * rows[:, 5:]
        best = scores.argmax(1)
        score = scores.max(1)
        kept: list[tuple[str, float, tuple[float, ...]]] = []
        for index in np.argsort(-score):
            if score[index] < threshold:
                break
            edges = np.concatenate([centre[index] - size[index] / 2, centre[index] + size[index] / 2])
            edges = tuple(float(v) for v in np.clip(edges / np.array([width, height, width, height]), 0, 1))
            word = self.labels[best[index]]
            if all(word != other or overlap(edges, box) < 0.45 for other, _, box in kept):
                kept.append((word, round(float(score[index]), 3), edges))
        return kept


def overlap(one: tuple[float, ...], two: tuple[float, ...]) -> float:
    """Intersection over union of two boxes."""
    width = min(one[2], two[2]) - max(one[0], two[0])
    height = min(one[3], two[3]) - max(one[1], two[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    area = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, two))
    return shared / (area - shared)


class SoundTeacher:
    """YAMNet on AudioSet."""

    WINDOW_SAMPLES = 15_600

    def __init__(self, weights: Path | str, threads: int = 1):
        folder = Path(weights) / "yamnet-audioset"
        self.session = open_session(folder / "yamnet.onnx", threads)
        self.labels = (folder / "yamnet_label_list.txt").read_text().strip().split("\n")

    def hear(self, waveform: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """float32 [N, 15600] at 16 kHz -> scores [N, 521], embedding [N, 1024]."""
        scores, embedding = self.session.run(["scores", "embedding"], {"waveform": waveform})
        return scores, embedding


class SpeechTeacher:
    """Silero voice activity."""

    HOP_SAMPLES = 512
    CONTEXT_SAMPLES = 64

    def __init__(self, weights: Path | str, threads: int = 1):
        self.session = open_session(Path(weights) / "silero-vad/silero_vad.onnx", threads)

    def speech(self, samples: np.ndarray) -> np.ndarray:
        """Mono 16 kHz -> speech probability of every 512 samples (32 ms)."""
        state = np.zeros((2, 1, 128), np.float32)
        rate = np.array(16_000, np.int64)
        padded = np.concatenate([np.zeros(self.CONTEXT_SAMPLES, np.float32), samples.astype(np.float32)])
        found = []
        for start in range(0, len(samples) - self.HOP_SAMPLES + 1, self.HOP_SAMPLES):
            window = padded[start : start + self.CONTEXT_SAMPLES + self.HOP_SAMPLES][None]
            output, state = self.session.run(None, {"input": window, "state": state, "sr": rate})
            found.append(float(output[0, 0]))
        return np.array(found, np.float32)
