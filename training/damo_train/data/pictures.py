"""Draws the pictures that the vision encoder learns from: 128x128, with every thing's word and the places it covers.

Photos cropped and squashed as a player's frames are, cut-outs and photos pasted on busy backgrounds, captions, screens,
fades and blanks. `PictureMaker` is seeded: picture k of a seed is always the same.
"""

import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

from .archive import Archive, Item
from .words import NOT_THINGS, TEXT, Words, coco_word, normalise

SIDE = 128
GRID = 4
THINGS = 8  # slots for things in one picture
SOMEWHERE = 0  # places of a thing that is in the picture we know not where; bit p = place p (row-major)


@dataclass
class Picture:
    pixels: np.ndarray  # uint8 RGB [SIDE, SIDE, 3]
    things: list[tuple[str, int]]  # (word, bit mask of places)
    main: str | None = None  # the one word of a picture that shows one thing


def places_of(alpha: np.ndarray) -> int:
    """Coverage [SIDE, SIDE] in 0..1 -> places where the thing fills 12 % of the place or has 30 % of itself."""
    cell = SIDE // GRID
    filled = alpha.reshape(GRID, cell, GRID, cell).sum((1, 3)).ravel()
    total = filled.sum()
    if total < 12:  # under a dozen pixels nothing can be seen
        return SOMEWHERE
    return sum(1 << place for place, area in enumerate(filled) if area > 0.12 * cell * cell or area > 0.3 * total)


def box_places(left: float, top: float, right: float, bottom: float) -> int:
    """Places under a box given in shares of the picture."""
    alpha = np.zeros((SIDE, SIDE), np.float32)
    x0, y0, x1, y1 = (int(round(max(0.0, min(1.0, v)) * SIDE)) for v in (left, top, right, bottom))
    alpha[y0:y1, x0:x1] = 1
    return places_of(alpha)


class PictureMaker:
    def __init__(self, data: Path | str, boxes: Path | str | None, split: str, words: Words, captions: list[str]):
        photos, cutouts = Archive(data, "photos"), Archive(data, "cutouts")
        self.words = words
        self.captions = captions
        self.boxes: dict[str, list] = json.loads(Path(boxes).read_text()) if boxes else {}
        self.photos: dict[str, list[tuple[Item, Image.Image]]] = {}
        for item in photos.split(split):
            self.photos.setdefault(item.label, []).append((item, photos.photo(item)))
        self.cutouts: dict[str, list[tuple[Item, Image.Image]]] = {}
        for item in cutouts.split(split):
            self.cutouts.setdefault(item.label, []).append((item, cutouts.cutout(item)))
        # Between "every item alike" and "every label alike": rare labels are seen more, common ones still most.
        self.photo_labels, self.photo_share = self._shares(self.photos, leave=NOT_THINGS)
        self.cutout_labels, self.cutout_share = self._shares(self.cutouts, leave=set())

    @staticmethod
    def _shares(items: dict[str, list], leave: set[str]) -> tuple[list[str], np.ndarray]:
        labels = sorted(set(items) - leave)
        counts = np.array([len(items[label]) for label in labels], np.float64) ** 0.6
        return labels, counts / counts.sum()

    def make(self, seed: int) -> Picture:
        chance = np.random.default_rng(seed)
        kind = chance.random()
        if kind < 0.44:
            picture = self.photo(chance)
        elif kind < 0.52:
            picture = self.scene(chance)
        elif kind < 0.92:
            picture = self.composite(chance)
        elif kind < 0.95:
            picture = self.screen(chance)
        else:
            picture = self.blank(chance)
        return self.degrade(picture, chance)

    # -- kinds of pictures

    def photo(self, chance: np.random.Generator, label: str | None = None) -> Picture:
        label = label or self.photo_labels[chance.choice(len(self.photo_labels), p=self.photo_share)]
        item, image = pick(self.photos[label], chance)
        pixels, boxes = self.crop(item, image, chance, smallest=0.4)
        word = normalise(label)
        known = [places for other, places in boxes if other == word]
        things = [(word, known[0] if known else SOMEWHERE)] + [box for box in boxes if box[0] != word]
        return Picture(pixels, things, main=word)

    def scene(self, chance: np.random.Generator) -> Picture:
        item, image = pick(self.photos["scene"] if chance.random() < 0.8 else self.photos["background"], chance)
        pixels, boxes = self.crop(item, image, chance, smallest=0.5)
        found = {word for word, _ in boxes}
        rest = [(coco_word(word), SOMEWHERE) for word in item.fields.get("labels", [])[:4]]
        return Picture(pixels, boxes + [thing for thing in rest if thing[0] not in found])

    def composite(self, chance: np.random.Generator) -> Picture:
        picture = self.background(chance)
        canvas = Image.fromarray(picture.pixels)
        things = picture.things
        count = chance.choice([1, 2, 3, 4], p=[0.45, 0.3, 0.17, 0.08])
        word = ""
        for _ in range(count):
            size = float(np.exp(chance.uniform(np.log(0.12), np.log(0.9))))
            if chance.random() < 0.15:
                label = self.photo_labels[chance.choice(len(self.photo_labels), p=self.photo_share)]
                item, image = pick(self.photos[label], chance)
                pixels, _ = self.crop(item, image, chance, smallest=0.7)
                stamp = Image.fromarray(pixels).convert("RGBA")
            else:
                label = self.cutout_labels[chance.choice(len(self.cutout_labels), p=self.cutout_share)]
                _, stamp = pick(self.cutouts[label], chance)
            canvas, alpha = paste(canvas, stamp, size, chance)
            places = places_of(alpha)
            if places == 0:
                continue
            # What lies only in places that the new thing fills is gone.
            cell = SIDE // GRID
            filled = alpha.reshape(GRID, cell, GRID, cell).mean((1, 3)).ravel() > 0.9
            hidden = sum(1 << place for place in range(GRID * GRID) if filled[place])
            things = [(other, where & ~hidden) for other, where in things if where == SOMEWHERE or where & ~hidden]
            word = normalise(label)
            things.append((word, places))
        return Picture(np.asarray(canvas), things, main=word if word and count == 1 and not picture.things else None)

    def screen(self, chance: np.random.Generator) -> Picture:
        """A drawing of an app or a slide: flat boxes and lines of writing."""
        dark = chance.random() < 0.4
        ground = tuple(int(v) for v in (chance.integers(0, 60, 3) if dark else chance.integers(200, 256, 3)))
        canvas = Image.new("RGB", (SIDE, SIDE), ground)
        draw = ImageDraw.Draw(canvas)
        for _ in range(chance.integers(0, 6)):
            x, y = chance.integers(0, SIDE - 16, 2)
            width, height = chance.integers(12, 90), chance.integers(6, 50)
            colour = tuple(int(v) for v in chance.integers(0, 256, 3))
            draw.rounded_rectangle([int(x), int(y), int(x + width), int(y + height)], int(chance.integers(0, 6)), colour)
        picture = Picture(np.asarray(canvas), [("screen recording", (1 << GRID * GRID) - 1)])
        for _ in range(chance.integers(1, 6)):
            picture = self.caption(picture, chance, plate=False)
        return picture

    def blank(self, chance: np.random.Generator) -> Picture:
        kind = chance.random()
        if kind < 0.25:
            level, word = int(chance.integers(0, 12)), "black screen"
        elif kind < 0.45:
            level, word = int(chance.integers(246, 256)), "white screen"
        else:
            pixels = texture(chance)
            return Picture(pixels, [])
        return Picture(np.full((SIDE, SIDE, 3), level, np.uint8), [(word, (1 << GRID * GRID) - 1)])

    # -- parts

    def background(self, chance: np.random.Generator) -> Picture:
        kind = chance.random()
        if kind < 0.25:
            return Picture(texture(chance), [])
        if kind < 0.45:
            item, image = pick(self.photos["background"], chance)
            return Picture(self.crop(item, image, chance, smallest=0.2)[0], [])
        if kind < 0.65:
            return self.scene(chance)
        if kind < 0.85:
            return self.photo(chance)
        # A close crop, blurred: the soft ground behind a thing in focus.
        label = self.photo_labels[chance.choice(len(self.photo_labels), p=self.photo_share)]
        item, image = pick(self.photos[label], chance)
        pixels, _ = self.crop(item, image, chance, smallest=0.05, largest=0.15)
        return Picture(np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(chance.uniform(2, 8)))), [])

    def crop(
        self, item: Item, image: Image.Image, chance: np.random.Generator, smallest: float, largest: float = 1.0
    ) -> tuple[np.ndarray, list[tuple[str, int]]]:
        """A random part of a photo, squashed to the frame, with the detector's boxes that remain in it."""
        area = chance.uniform(smallest, largest)
        aspect = np.exp(chance.uniform(np.log(0.7), np.log(1.43)))
        width, height = min(1.0, (area * aspect) ** 0.5), min(1.0, (area / aspect) ** 0.5)
        left, top = chance.uniform(0, 1 - width), chance.uniform(0, 1 - height)
        box = (left * image.width, top * image.height, (left + width) * image.width, (top + height) * image.height)
        part = image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=box)
        mirrored = chance.random() < 0.5
        if mirrored:
            part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        found = []
        for word, _, (x0, y0, x1, y1) in self.boxes.get(item.key, [])[:5]:
            inside = [(x0 - left) / width, (y0 - top) / height, (x1 - left) / width, (y1 - top) / height]
            if mirrored:
                inside = [1 - inside[2], inside[1], 1 - inside[0], inside[3]]
            clipped = [max(0.0, min(1.0, v)) for v in inside]
            whole = (inside[2] - inside[0]) * (inside[3] - inside[1])
            left_over = (clipped[2] - clipped[0]) * (clipped[3] - clipped[1])
            if whole > 0 and left_over / whole > 0.3 and (places := box_places(*clipped)):
                found.append((coco_word(word), places))
        return np.asarray(part), found

    def caption(self, picture: Picture, chance: np.random.Generator, plate: bool | None = None) -> Picture:
        """Writing on the picture, as subtitles and titles have it."""
        canvas = Image.fromarray(picture.pixels)
        draw = ImageDraw.Draw(canvas)
        size = int(chance.integers(7, 26))
        font = ImageFont.load_default(size)
        words = self.captions[chance.integers(len(self.captions))].split()
        start = int(chance.integers(len(words)))
        line = " ".join(words[start : start + int(chance.integers(1, 6))])
        line = line.upper() if chance.random() < 0.25 else line
        width = draw.textlength(line, font=font)
        x = (SIDE - width) / 2 if chance.random() < 0.5 else chance.uniform(-5, max(1, SIDE - width))
        y = chance.uniform(0.7, 0.88) * SIDE if chance.random() < 0.5 else chance.uniform(0, SIDE - size)
        box = [x - 3, y - 1, x + width + 3, y + size * 1.3]
        ground = picture.pixels[int(max(0, y)) : int(y) + size].mean()
        light = (255, 255, 255) if ground < 140 else (0, 0, 0)
        if plate if plate is not None else chance.random() < 0.3:
            draw.rectangle(box, fill=(0, 0, 0))
            light = (255, 255, 255)
        elif chance.random() < 0.2:
            light = tuple(int(v) for v in chance.integers(0, 256, 3))
        outline = {"stroke_width": 1, "stroke_fill": (0, 0, 0)} if chance.random() < 0.4 else {}
        draw.text((x, y), line, fill=light, font=font, **outline)
        places = box_places(*(v / SIDE for v in box))
        return Picture(np.asarray(canvas), [*picture.things, (TEXT, places)], picture.main)

    def degrade(self, picture: Picture, chance: np.random.Generator) -> Picture:
        """What cameras, screens and codecs do to a picture."""
        if chance.random() < 0.1:
            picture = self.caption(picture, chance)
        image = Image.fromarray(picture.pixels)
        if chance.random() < 0.5:
            image = ImageEnhance.Brightness(image).enhance(float(np.exp(chance.uniform(-0.5, 0.4))))
            image = ImageEnhance.Contrast(image).enhance(float(np.exp(chance.uniform(-0.5, 0.3))))
            image = ImageEnhance.Color(image).enhance(float(chance.uniform(0.2, 1.6)))
        if chance.random() < 0.08:
            image = image.convert("L").convert("RGB")
        if chance.random() < 0.2:
            image = image.filter(ImageFilter.GaussianBlur(chance.uniform(0.4, 1.8)))
        if chance.random() < 0.15:  # motion blur along one axis
            length = int(chance.integers(2, 7))
            pixels = np.asarray(image, np.float32)
            axis = int(chance.integers(2))
            image = Image.fromarray((sum(np.roll(pixels, k, axis) for k in range(length)) / length).astype(np.uint8))
        if chance.random() < 0.3:
            buffer = io.BytesIO()
            image.save(buffer, "JPEG", quality=int(chance.integers(15, 70)))
            image = Image.open(buffer).convert("RGB")
        pixels = np.array(image)
        things = picture.things
        if chance.random() < 0.06:  # bars above and below, or at the sides
            bar = int(chance.integers(6, 30))
            if chance.random() < 0.5:
                pixels[:bar] = pixels[SIDE - bar :] = 0
            else:
                pixels[:, :bar] = pixels[:, SIDE - bar :] = 0
        return Picture(pixels, things[:THINGS], picture.main)


def pick(items: list, chance: np.random.Generator):
    return items[chance.integers(len(items))]


def paste(
    canvas: Image.Image, stamp: Image.Image, size: float, chance: np.random.Generator
) -> tuple[Image.Image, np.ndarray]:
    """`stamp` over `canvas` with its longer side `size` of the frame; also the alpha drawn [SIDE, SIDE]."""
    aspect = float(np.exp(chance.uniform(np.log(0.6), np.log(1.6))))  # frames are squashed, so things are too
    scale = size * SIDE / max(stamp.size)
    width = max(6, min(2 * SIDE, round(stamp.width * scale * aspect**0.5)))
    height = max(6, min(2 * SIDE, round(stamp.height * scale / aspect**0.5)))
    stamp = stamp.resize((width, height), Image.Resampling.BILINEAR)
    if chance.random() < 0.5:
        stamp = stamp.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if chance.random() < 0.3:
        stamp = stamp.rotate(float(chance.normal(0, 18)), Image.Resampling.BILINEAR, expand=True)
    if chance.random() < 0.3:
        colour = ImageEnhance.Brightness(stamp.convert("RGB")).enhance(float(chance.uniform(0.6, 1.3)))
        colour.putalpha(stamp.getchannel("A"))
        stamp = colour
    x = int(chance.uniform(-0.25 * stamp.width, SIDE - 0.75 * stamp.width))
    y = int(chance.uniform(-0.25 * stamp.height, SIDE - 0.75 * stamp.height))
    layer = Image.new("RGBA", (SIDE, SIDE))
    layer.paste(stamp, (x, y))
    canvas = Image.alpha_composite(canvas.convert("RGBA"), layer).convert("RGB")
    return canvas, np.asarray(layer.getchannel("A"), np.float32) / 255


def texture(chance: np.random.Generator) -> np.ndarray:
    """Grounds that show nothing: plain colours, gradients, noise of several grains, stripes."""
    first, second = chance.uniform(0, 255, (2, 3))
    kind = chance.integers(4)
    if kind == 0:
        share = np.zeros((SIDE, SIDE))
    elif kind == 1:
        angle = chance.uniform(0, 2 * np.pi)
        y, x = np.mgrid[:SIDE, :SIDE] / SIDE - 0.5
        share = np.cos(angle) * x + np.sin(angle) * y + 0.5
    elif kind == 2:
        grain = int(chance.choice([2, 4, 8, 16, 32, 64]))
        noise = (chance.random((grain, grain)) * 255).astype(np.uint8)
        share = np.asarray(Image.fromarray(noise).resize((SIDE, SIDE), Image.Resampling.BICUBIC)) / 255
    else:
        y, x = np.mgrid[:SIDE, :SIDE]
        share = (np.sin((x * chance.uniform(-1, 1) + y * chance.uniform(-1, 1)) * chance.uniform(0.05, 1)) > 0) * 1.0
    pixels = first + (second - first) * share[..., None]
    pixels = pixels + chance.normal(0, chance.uniform(0, 20), (SIDE, SIDE, 3)) * (chance.random() < 0.4)
    return np.clip(pixels, 0, 255).astype(np.uint8)
