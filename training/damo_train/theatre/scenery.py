"""Draws 128 px frames: a base (photo, background, procedural picture, black) and cut-outs over it.

A `Scene` is a base with up to two actors. Frames of one scene differ in who is there and where they stand, so that a clip
can be put together later from frames of one scene: nobody, A alone, B alone, both.
"""

import io
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageFont

from ..data.archive import Archive, Item
from ..language.things import NOT_THINGS, Thing, normalise

SIZE = 128  # what the network sees; scenes are drawn at twice that and squashed down
DRAWN = 256
POSITIONS = 4  # stations on an actor's way

# Things that people's clips are full of: drawn more often than their few training items would be.
COMMON = {
    "person", "dog", "cat", "car", "bird", "cup", "bottle", "chair", "laptop", "soccer ball", "bicycle", "bus", "truck",
    "horse", "book", "clock", "umbrella", "butterfly", "airplane", "motorcycle", "sunflower", "potted plant", "table",
    "television", "mobile phone", "keyboard", "pizza", "cake", "apple", "banana", "orange", "red ball", "tree", "flower",
    "boat", "sailboat", "train", "fish", "hand", "man", "woman", "ball", "guitar", "electric guitar", "piano",
}

CAPTIONS = ("meeting notes", "chapter two", "press start", "hello world", "total 42", "error 404", "level up", "the end",
            "sales report", "loading", "game over", "agenda", "step 3", "new message", "thank you", "score 7 2")


@dataclass
class Actor:
    label: str
    image: Image.Image | None  # RGBA cut-out; None for a caption on screen
    stations: list[tuple[float, float, float]] = field(default_factory=list)  # centre x, y (0..1) and height (0..1)
    text: str = ""


@dataclass
class Scene:
    base: Image.Image  # DRAWN x DRAWN
    base_labels: tuple[str, ...]  # what is seen in the base itself
    actors: list[Actor]
    rng: np.random.Generator

    def frame(self, present: tuple[bool, ...], station: int) -> Image.Image:
        """The picture with the given actors at a station of their ways, DRAWN x DRAWN."""
        picture = self.base.copy()
        for actor, there in zip(self.actors, present, strict=True):
            if there:
                place(picture, actor, station)
        return picture


def place(picture: Image.Image, actor: Actor, station: int) -> None:
    x, y, height = actor.stations[station % len(actor.stations)]
    width_px, height_px = picture.size
    if actor.image is None:
        draw_caption(picture, actor.text, x, y, height)
        return
    tall = max(8, round(height * height_px))
    wide = max(6, round(tall * actor.image.width / actor.image.height))
    if wide > width_px * 1.2:
        tall, wide = max(6, round(tall * width_px / wide)), width_px
    cut = actor.image.resize((wide, tall), Image.Resampling.BILINEAR)
    picture.paste(cut, (round(x * width_px - wide / 2), round(y * height_px - tall / 2)), cut)


def draw_caption(picture: Image.Image, text: str, x: float, y: float, height: float) -> None:
    draw = ImageDraw.Draw(picture)
    size = max(10, round(picture.height * height * 0.35))
    font = ImageFont.load_default(size=size)
    box = draw.textbbox((0, 0), text, font=font)
    wide, tall = box[2] - box[0], box[3] - box[1]
    left = min(max(2, x * picture.width - wide / 2), max(2, picture.width - wide - 4))
    top = min(max(2, y * picture.height - tall / 2), picture.height - tall - 8)
    dark = len(text) % 2 == 0  # the same in every run
    draw.rectangle((left - 4, top - 3, left + wide + 5, top + tall + 9), fill=(20, 20, 24) if dark else (245, 245, 240))
    draw.text((left, top), text, fill=(250, 250, 250) if dark else (15, 15, 20), font=font)


def procedural(rng: np.random.Generator) -> Image.Image:
    """Sky over ground, gradients, stripes, soft noise, plain walls, a screen with windows."""
    kind = int(rng.integers(6))
    one, other = rng.integers(0, 256, (2, 3)).astype(np.float32)
    ramp = np.linspace(0, 1, DRAWN, dtype=np.float32)
    if kind == 0:
        sky, ground = np.array([150, 190, 235]) + rng.normal(0, 25, 3), np.array([90, 140, 70]) + rng.normal(0, 35, 3)
        horizon = int(DRAWN * rng.uniform(0.35, 0.75))
        pixels = np.empty((DRAWN, DRAWN, 3), np.float32)
        pixels[:horizon] = sky - 40 * (1 - ramp[:horizon, None, None])
        pixels[horizon:] = ground - 45 * ramp[horizon:, None, None] + rng.normal(0, 12, (DRAWN - horizon, DRAWN, 1))
    elif kind == 1:
        pixels = one + (other - one) * (ramp[:, None, None] if rng.random() < 0.5 else ramp[None, :, None])
        pixels = np.broadcast_to(pixels, (DRAWN, DRAWN, 3)).copy()
    elif kind == 2:
        stripes = (np.sin(ramp * rng.uniform(10, 90)) > 0)[None, :, None]
        pixels = np.broadcast_to(np.where(stripes, one, one * 0.7 + other * 0.3), (DRAWN, DRAWN, 3)).copy()
    elif kind == 3:
        coarse = rng.uniform(0, 255, (int(rng.integers(3, 14)), int(rng.integers(3, 14)), 3)).astype(np.uint8)
        return Image.fromarray(coarse).resize((DRAWN, DRAWN), Image.Resampling.BICUBIC)
    elif kind == 4:
        wall = one * 0.4 + 140
        pixels = np.broadcast_to(wall, (DRAWN, DRAWN, 3)) + rng.normal(0, rng.uniform(1, 14), (DRAWN, DRAWN, 3))
    else:
        picture = Image.new("RGB", (DRAWN, DRAWN), tuple(int(v) for v in (one * 0.3 + 170).clip(0, 255)))
        draw = ImageDraw.Draw(picture)
        for _ in range(int(rng.integers(1, 5))):
            left, top = rng.integers(0, DRAWN - 60, 2)
            shade = tuple(int(v) for v in rng.integers(120, 256, 3))
            draw.rectangle((left, top, left + int(rng.integers(40, 150)), top + int(rng.integers(30, 130))), fill=shade,
                           outline=(90, 90, 90))
        return picture
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def photo_base(image: Image.Image, rng: np.random.Generator, tight: float) -> Image.Image:
    """A random crop (at least `tight` of each side) squashed to a square, as the product squashes any frame."""
    width, height = image.size
    wide, tall = width * rng.uniform(tight, 1.0), height * rng.uniform(tight, 1.0)
    left, top = rng.uniform(0, width - wide), rng.uniform(0, height - tall)
    crop = image.crop((round(left), round(top), round(left + wide), round(top + tall)))
    if rng.random() < 0.5:
        crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return crop.resize((DRAWN, DRAWN), Image.Resampling.BILINEAR)


def develop(picture: Image.Image, rng: np.random.Generator) -> np.ndarray:
    """Camera and codec: a shaking hand, light, a fade, colour, blur, bars, noise, JPEG. Returns uint8 [3, 128, 128], planes G, B, R."""
    if rng.random() < 0.3:
        picture = ImageChops.offset(picture, *(int(step) for step in rng.integers(-9, 10, 2)))
    if rng.random() < 0.08:  # on the way to or from black: things can still be made out
        picture = ImageEnhance.Brightness(picture).enhance(rng.uniform(0.25, 0.6))
    elif rng.random() < 0.7:
        picture = ImageEnhance.Brightness(picture).enhance(rng.uniform(0.7, 1.25))
        picture = ImageEnhance.Color(picture).enhance(rng.uniform(0.5, 1.3))
        picture = ImageEnhance.Contrast(picture).enhance(rng.uniform(0.75, 1.2))
    if rng.random() < 0.2:
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.5)))
    picture = picture.resize((SIZE, SIZE), Image.Resampling.BOX)
    if rng.random() < 0.08:
        picture = barred(picture, int(rng.integers(6, 26)), bool(rng.random() < 0.5))
    if rng.random() < 0.3:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=int(rng.integers(20, 75)))
        picture = Image.open(buffer).convert("RGB")
    pixels = np.asarray(picture, dtype=np.float32)
    pixels = pixels + rng.normal(0, rng.uniform(0, 6), pixels.shape)
    return planes(pixels.clip(0, 255).astype(np.uint8))


def barred(picture: Image.Image, bar: int, sides: bool) -> Image.Image:
    """The picture squeezed between black bars, as a wide film or an upright phone clip is shown."""
    canvas = Image.new("RGB", picture.size)
    width, height = picture.size
    inner = (width - 2 * bar, height) if sides else (width, height - 2 * bar)
    canvas.paste(picture.resize(inner, Image.Resampling.BILINEAR), (bar, 0) if sides else (0, bar))
    return canvas


def planes(pixels: np.ndarray) -> np.ndarray:
    """uint8 [H, W, RGB] -> [GBR, H, W]."""
    return np.ascontiguousarray(pixels[:, :, [1, 2, 0]].transpose(2, 0, 1))


class SceneMaker:
    """Draws scenes from one split of the training material, of known things only."""

    def __init__(self, data, split: str, things: list[Thing], free: bool = False):
        self.photos = Archive(data, "photos", free)
        self.cutouts = Archive(data, "cutouts", free)
        known = {thing.name for thing in things if not thing.heard} | NOT_THINGS
        items = [item for item in self.photos.split(split) if normalise(item.label) in known]
        self.by_label = group(items, {"scene", "background"})
        self.scenes = [item for item in items if item.label == "scene"]
        self.backgrounds = [item for item in items if item.label == "background"]
        self.actors_by_label = group([i for i in self.cutouts.split(split) if normalise(i.label) in known], set())

    def photo_scene(self, item: Item, rng: np.random.Generator) -> tuple[Image.Image, tuple[str, ...]]:
        labels = item.fields.get("labels", [])[:3] if item.label == "scene" else [item.label]
        tight = 0.85 if item.label == "scene" else 0.6
        return photo_base(self.photos.photo(item), rng, tight), tuple(normalise(label) for label in labels)

    def base(self, rng: np.random.Generator) -> tuple[Image.Image, tuple[str, ...]]:
        """A place to act in. Only scenes and photos bring labels of their own."""
        roll = rng.random()
        if roll < 0.35 and self.backgrounds:
            return photo_base(self.photos.photo(choose(self.backgrounds, rng)), rng, 0.4), ()
        if roll < 0.5 and self.scenes:
            return self.photo_scene(choose(self.scenes, rng), rng)
        if roll < 0.62:
            label = choose(list(self.by_label), rng)
            return self.photo_scene(choose(self.by_label[label], rng), rng)
        return procedural(rng), ()

    def actor(self, rng: np.random.Generator, avoid: set[str]) -> Actor:
        height = float(np.clip(np.exp(rng.normal(-0.85, 0.42)), 0.16, 0.95))
        x, y = rng.uniform(0.15, 0.85), rng.uniform(0.3, 0.8)
        dx, dy = rng.normal(0, 0.12), rng.normal(0, 0.05)
        grow = np.exp(rng.normal(0, 0.12))
        stations = [(float(np.clip(x + dx * k, 0.05, 0.95)), float(np.clip(y + dy * k, 0.1, 0.9)),
                     float(np.clip(height * grow**k, 0.12, 1.0))) for k in range(POSITIONS)]
        if rng.random() < 0.05 and "text" not in avoid:
            return Actor("text", None, stations[:1] * POSITIONS, choose(CAPTIONS, rng))
        for _ in range(20):
            item = self.actor_item(rng)
            label = normalise(item.label)
            if label not in avoid:
                break
        image = self.cutouts.cutout(item)
        if rng.random() < 0.5:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if rng.random() < 0.3:
            image = image.rotate(rng.uniform(-20, 20), expand=True, resample=Image.Resampling.BILINEAR)
        return Actor(label, image, stations)

    def actor_item(self, rng: np.random.Generator) -> Item:
        labels = list(self.actors_by_label)
        if rng.random() < 0.3:
            common = [label for label in labels if label in COMMON]
            return choose(self.actors_by_label[choose(common, rng)], rng)
        return choose(self.actors_by_label[choose(labels, rng)], rng)

    def scene(self, rng: np.random.Generator) -> Scene:
        base, labels = self.base(rng)
        actors: list[Actor] = []
        for _ in range(int(rng.choice([1, 2], p=[0.55, 0.45]))):
            actors.append(self.actor(rng, {*labels, *(actor.label for actor in actors)}))
        return Scene(base, labels, actors, rng)


def choose(items, rng: np.random.Generator):
    return items[int(rng.integers(len(items)))]


def group(items: list[Item], leave_out: set[str]) -> dict[str, list[Item]]:
    groups: dict[str, list[Item]] = {}
    for item in items:
        if item.label not in leave_out:
            groups.setdefault(item.label, []).append(item)
    return groups
