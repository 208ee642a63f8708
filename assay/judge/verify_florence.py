"""The named verifications of what Florence 2 says. Each raises RuleBroken, with a finding for each wrong thing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from assay.contract.florence import Task
from assay.contract.pointers import join
from assay.contract.sentences import cut
from assay.judge.answers import response_of
from assay.judge.boxes import ROUNDING
from assay.judge.florence import LEFTOVERS, Shape, Told, alike, likeness
from assay.judge.verdicts import NoWitness, RuleBroken, broken_if
from assay.record.model import Exchange, Finding

BINS = 1000
"""Places are told to a thousandth of the picture's width and height: by one of these a place may pass the edge."""
CORNERS_OF_A_QUAD = 4
SAME_TEXT = 0.999
MISREAD = 0.5
"""Share of words that one way of reading may miss: letters are easily read one way or another."""


def keyed_by_task(exchange: Exchange, task: Task) -> None:
    """`response` is an object whose one key is the token of the task that was asked for."""
    try:
        body = response_of(exchange).json()
    except ValueError:
        body = None
    response = body.get("response") if isinstance(body, dict) else None
    found = list(response) if isinstance(response, dict) else None
    if found != [task.token]:
        message = f"the answer to {task.token} does not stand under that key alone"
        raise RuleBroken(
            [
                Finding(
                    message, pointer="/response", expected=[task.token], actual=_named(response), exchange=exchange.id
                )
            ]
        )


def _named(response: object) -> object:
    return list(response) if isinstance(response, dict) else type(response).__name__


def plain_text(answer: Told) -> None:
    """The text says something, and holds none of the model's own tokens."""
    if not answer.text.strip():
        message = f"the answer to {answer.task.token} says nothing"
        raise RuleBroken([answer.finding(message, answer.pointer, expected="a text", actual=answer.text)])
    left = LEFTOVERS.findall(answer.text)
    if left:
        message = f"the text holds {left[0]}, which is a token of the model and no word"
        raise RuleBroken([answer.finding(message, answer.pointer, expected="words", actual=cut(answer.text, 120))])


def more_detail_is_longer(answers: Sequence[Told]) -> None:
    """Each text is at least as long as the one before."""
    findings = []
    for less, more in pairwise(answers):
        if len(more.text) < len(less.text):
            message = f"{more.task.token} is answered with a shorter text than {less.task.token}"
            expected, actual = f"{len(less.text)} characters or more", f"{len(more.text)} characters"
            findings.append(more.finding(message, more.pointer, expected=expected, actual=actual))
    broken_if(findings)


def no_mere_repetition(pairs: Sequence[Sequence[Told]]) -> None:
    """A text of less detail and one of more are not the same in all of these pictures, which differ in what is said.

    Of one picture there may be no more to say. Raises NoWitness where all pictures are described in the same words.
    """
    less, more = pairs[0]
    if any(one.text != other.text for one, other in pairs):
        return
    if len({one.text for one, _ in pairs}) < 2:
        raise NoWitness("pictures that differ are described in the same words")
    message = f"{more.task.token} is answered with the words of {less.task.token}, and so it is in every picture"
    raise RuleBroken([more.finding(message, more.pointer, expected="more than that", actual=cut(more.text, 120))])


def same_text(answer: Told, before: Told) -> None:
    """The text is the one that the same request was answered with before."""
    if likeness(answer.text, before.text) < SAME_TEXT:
        message = "the same request was answered with another text before"
        raise RuleBroken([answer.finding(message, answer.pointer, expected=before.text, actual=answer.text)])


def of_its_own_picture(answer: Told, own: Told, others: Mapping[str, Told]) -> None:
    """The text is nearer to what the picture is answered with alone than to what another picture is answered with."""
    likenesses = {name: likeness(answer.text, other.text) for name, other in others.items()}
    nearest = max(likenesses, key=lambda name: likenesses[name])
    if likenesses[nearest] > likeness(answer.text, own.text):
        message = f"the text is that of another picture, of scene {nearest}"
        raise RuleBroken([answer.finding(message, answer.pointer, expected=own.text, actual=answer.text)])


def not_all_alike(answered: Sequence[Sequence[Told]], asked: Sequence[Sequence[str]], why: str) -> None:
    """Of some groups of answers one at least says two things. Each answer of a group has its prompt."""
    if any(not alike(group[0], other) for group in answered for other in group[1:]):
        return
    findings = []
    for group, prompts in zip(answered, asked, strict=True):
        other = group[1]
        message = f"{' and '.join(prompts[1:])} {'are' if prompts[2:] else 'is'} answered as {prompts[0]} is, {why}"
        marks = tuple(shape.mark for shape in other.shapes[:5])
        found = {"expected": f"not {_said(group[0])}", "actual": _said(other)}
        findings.append(other.finding(message, other.pointer, marks=marks, **found))
    broken_if(findings)


def _said(answer: Told) -> object:
    """The text, or the first places."""
    return cut(answer.text, 120) or [[round(number, 2) for number in shape.corners] for shape in answer.shapes[:3]]


def labelled(answer: Told) -> None:
    """Each list of places has a list of labels of its own length."""
    broken_if(
        [
            answer.finding(
                f"{listed.entries} {listed.name} come with {len(listed.labels)} {listed.labels_name}",
                answer.pointer + join([listed.labels_name]),
                expected=listed.entries,
                actual=len(listed.labels),
            )
            for listed in answer.lists
            if listed.entries != len(listed.labels)
        ]
    )


def unlabelled(answer: Told) -> None:
    """Every label is empty."""
    broken_if(
        [
            answer.finding(f"a mere region is labelled {label!r}", f"{answer.pointer}/labels/{index}", expected="")
            for index, label in enumerate(label for listed in answer.lists for label in listed.labels)
            if label
        ]
    )


def boxes_by_corners(answer: Told, width: int, height: int) -> None:
    """Each box is left, top, right, bottom in px, in that order, and inside the picture."""
    findings = list(_outside(answer, width, height))
    for shape in _of(answer, "bboxes"):
        if len(shape.numbers) != 4:
            findings.append(_wrong(answer, shape, "a box has not four numbers", "left, top, right, bottom"))
        elif shape.numbers[0] > shape.numbers[2] or shape.numbers[1] > shape.numbers[3]:
            findings.append(_wrong(answer, shape, "the corners of a box are not in order", "left, top, right, bottom"))
    broken_if(findings)


def outlines_of_points(answer: Told, width: int, height: int) -> None:
    """Each polygon is x and y of points in px, inside the picture."""
    findings = list(_outside(answer, width, height))
    for shape in _of(answer, "polygons"):
        if len(shape.numbers) % 2:
            findings.append(_wrong(answer, shape, "a polygon has an odd number of coordinates", "x and y of each"))
    broken_if(findings)


def quads_of_corners(answer: Told, width: int, height: int) -> None:
    """Each quad box is x and y of four corners in px, inside the picture."""
    findings = list(_outside(answer, width, height))
    for shape in _of(answer, "quad_boxes"):
        if len(shape.numbers) != 2 * CORNERS_OF_A_QUAD:
            findings.append(_wrong(answer, shape, "a quad box has not eight numbers", "x and y of four corners"))
    broken_if(findings)


def same_form(answer: Told, other: Told) -> None:
    """Two models answer a task in the same form: the same members, of the same types."""
    forms = [_form(one.body["response"][one.task.token]) for one in (answer, other)]
    if forms[0] != forms[1]:
        message = f"{answer.task.token} is answered in another form than by the other model"
        raise RuleBroken([answer.finding(message, answer.pointer, expected=forms[1], actual=forms[0])])


def shorter(answer: Told, whole: Told, why: str) -> None:
    """The text has fewer characters than the whole one."""
    if len(answer.text) >= len(whole.text):
        message = f"{why} the answer is no shorter than without"
        expected, actual = f"fewer than {len(whole.text)} characters", len(answer.text)
        raise RuleBroken([answer.finding(message, answer.pointer, expected=expected, actual=actual)])


def words_in_pieces(pieces: Told, text: Told) -> None:
    """Half of the words of a text or more stand in the labels of its pieces, whatever their case."""
    read = {word for listed in pieces.lists for label in listed.labels for word in _words(label)}
    words = _words(text.text)
    missing = [word for word in words if word not in read]
    if len(missing) > len(words) * MISREAD:
        message = f"{len(missing)} of the {len(words)} words that are read without places are read with none"
        raise RuleBroken([pieces.finding(message, pieces.pointer, expected=words[:20], actual=sorted(read)[:20])])


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _form(value: object) -> object:
    if isinstance(value, dict):
        return {name: _form(member) for name, member in sorted(value.items())}
    return type(value).__name__


def _of(answer: Told, name: str) -> Iterator[Shape]:
    return (shape for listed in answer.lists if listed.name == name for shape in listed.shapes)


def _outside(answer: Told, width: int, height: int) -> Iterator[Finding]:
    """What leaves the picture by more than a bin, or lies in its first pixel as a whole, as fractions do."""
    for shape in answer.shapes:
        x0, y0, x1, y1 = shape.corners
        across, down = width / BINS + ROUNDING, height / BINS + ROUNDING
        if x0 < -across or y0 < -down or x1 > width + across or y1 > height + down:
            yield _wrong(answer, shape, f"a place lies outside of the picture of {width} x {height} px", "px inside it")
        elif shape.numbers and max(x1, y1) <= 1 + ROUNDING:
            yield _wrong(answer, shape, "a place lies in the first pixel as a whole", "coordinates in px")


def _wrong(answer: Told, shape: Shape, message: str, expected: str) -> Finding:
    numbers = [round(number, 2) for number in shape.numbers[:12]]
    return answer.finding(message, shape.pointer, expected=expected, actual=numbers, marks=(shape.mark,))
