"""What the reference deployment's Florence 2 says of a picture that it has seen: sentences, places, words that fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from assay.reference.looking import Sight, Thing

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
ROWS, COLUMNS = ("top", "middle", "bottom"), ("left", "centre", "right")
ALIKE = {"box": "rectangle", "oval": "ellipse", "people": "person"}
ANY_SHAPE = frozenset({"shape", "thing", "object", "piece"})
COLOURS = frozenset({"red", "orange", "yellow", "green", "blue", "purple", "black", "white", "grey", "sky"})
SHAPES = frozenset({"square", "rectangle", "circle", "ellipse", "figure"})
KINDS = frozenset({"dog", "cat", "person", "token"})


def caption(sight: Sight) -> str:
    """One line: "two red rectangles and a blue ellipse"."""
    if not sight.things and not sight.words:
        return f"an empty {sight.background} background"
    counted = [*_counted(thing.name for thing in sight.things)]
    if sight.words:
        counted.append(f"the words {' '.join(word.text for word in sight.words)}")
    return _listed(counted)


def detailed_caption(sight: Sight) -> str:
    """A sentence with the background."""
    if not sight.things and not sight.words:
        return f"The image shows nothing but an empty {sight.background} background."
    return f"The image shows {caption(sight)} on a plain {sight.background} background."


def more_detailed_caption(sight: Sight) -> str:
    """A paragraph that tells where everything is."""
    sentences = [detailed_caption(sight)]
    sentences += [f"There is {description(sight, thing)}." for thing in sight.things]
    sentences.append("There is no text." if not sight.words else f"It reads: {text(sight)}.")
    return " ".join(sentences)


def description(sight: Sight, thing: Thing) -> str:
    """A thing and its place: "a red square at the top left"."""
    return f"{_with_article(thing.name)} {place(sight, thing)}"


def place(sight: Sight, thing: Thing) -> str:
    """Where a thing is, in thirds of the picture."""
    x0, y0, x1, y1 = thing.box
    row = ROWS[min(int((y0 + y1) / 2 * 3 / sight.height), 2)]
    column = COLUMNS[min(int((x0 + x1) / 2 * 3 / sight.width), 2)]
    return "in the centre" if (row, column) == ("middle", "centre") else f"at the {row} {column}"


def text(sight: Sight) -> str:
    """All words in reading order, line by line."""
    return " ".join(word.text for word in sight.words)


def meant(phrase: str, things: Sequence[Thing]) -> list[Thing]:
    """The things that a phrase speaks of: each known word in it has to fit, and there has to be one."""
    words = [_singular(word) for word in phrase.lower().replace(",", " ").replace(".", " ").split()]
    known = [word for word in words if word in COLOURS | SHAPES | KINDS | ANY_SHAPE]
    return [thing for thing in things if known and all(_fits(word, thing) for word in known)]


def phrases(sentence: str) -> list[str]:
    """The parts of a caption that may each name something: "a red square next to a blue box" has two."""
    parts = [sentence]
    for separator in (",", ".", " and ", " next to ", " on ", " over ", " under ", " beside ", " with "):
        parts = [piece for part in parts for piece in part.split(separator)]
    return [part.strip() for part in parts if part.strip()]


def _fits(word: str, thing: Thing) -> bool:
    if word in ANY_SHAPE:
        return True
    names = {thing.kind, thing.shape, *thing.colour.split()}
    if thing.shape in ("square", "circle"):  # a square is a rectangle too
        names.add("rectangle" if thing.shape == "square" else "ellipse")
    return word in names or (word == "square" and thing.shape == "rectangle")


def _singular(word: str) -> str:
    bare = word[:-1] if word.endswith("s") and len(word) > 3 and not word.endswith("ss") else word
    bare = "box" if word == "boxes" else bare
    return ALIKE.get(bare, ALIKE.get(word, bare))


def _counted(names: Iterable[str]) -> Iterable[str]:
    for name, number in Counter(names).items():
        if number == 1:
            yield _with_article(name)
        else:
            yield f"{NUMBERS[number] if number < len(NUMBERS) else number} {name}s"


def _with_article(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
