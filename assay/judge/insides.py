"""What a refusal should keep to itself: stack traces, lines of code, paths of the server's disk.

A path is told from an address, a type of media, a route and a JSON pointer by where it begins, how it ends and what is
said around it. What the request itself says is no secret of the server.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from functools import cache

from assay.contract import load
from assay.contract.message import Request, Response
from assay.contract.pointers import texts
from assay.contract.sentences import CUT, cut

LONGEST_REFUSAL = 100_000
"""Characters of a refusal that are searched."""
TRACE, CODE, PATH = "a stack trace", "a line of the server's code", "a path on the server's disk"
CONTENT = "what stands in a file of the server's own"
_SPOKEN = (
    (TRACE, re.compile(r"Traceback \(most recent call|\\n\s+at [\w.$]+\([\w.]+:\d+\)|goroutine \d+ \[")),
    (CONTENT, re.compile(r"\broot:[^:\s]*:0:0:")),
    (CODE, re.compile(r'File \\?"[^"\n]{1,200}", line \d+|\b\w+\.(py|js|go|java):\d+\b')),
)
_ELSEWHERE = re.compile(
    r"(?<!\w)[A-Zcd]:\\{1,2}[\w.$~-]{2,}[^\s\"']*|(?<!\w)[A-Z]:/(?!/)[\w.-]+/[\w.-]+|\bfile:/{1,3}\w[\w./-]*"
)
"""Paths that are nothing else: of Windows, `C:\\...`, and addresses of files."""
_SLASHED = re.compile(r"(?<![\w:/.<*%+~\]])/(?!/)[\w.@+~-]+(?:/[\w.@+~-]+)*")

_BETWEEN_WORDS = frozenset(string.whitespace + "\"'`<>()[]{},")
_SYSTEM = re.compile("usr|opt|home|root|var|tmp|srv|mnt|etc|proc|lib64|boot|sbin|Users|Volumes")
"""Where a disk keeps what is its own: nobody calls a route so and says more."""
_MOUNTED = re.compile(
    "apps?|data|datasets?|models|workspaces?|workdir|cache|weights|checkpoints|code|src|build|run|media|content|storage|"
    "volumes?|config|conf|logs?|notebooks|art[ei]facts|bin|dev|sys|lib|inference|projects|repo|outputs|uploads|venv|private"
)
"""Names of folders in containers, which may be names of routes, too."""
_PAGES = re.compile(r"\.(html?|js|css|ico|svg|woff2?|map)$")
"""How a path ends that a browser asks for."""
_FILES = re.compile(
    r"\.(py|pyc|so|dll|onnx|pt|pth|bin|engine|trt|plan|safetensors|ckpt|h5|npy|npz|pkl|log|lock|tmp|conf|cfg|ini|toml|"
    r"ya?ml|env|db|sqlite3?|sh|jar|class|go|whl|gguf|weights)$"
)
"""How files end that no browser asks for."""
_FAILED = re.compile(
    r"Errno|\bE(NOENT|ACCES|PERM|ISDIR|NOTDIR|EXIST|ROFS|NOSPC)\b|[Nn]o such file|[Nn]ot a directory|[Ii]s a directory|"
    r"[Rr]ead-only file system|[Nn]o space left|FileNotFound|PermissionError|OSError|\bopen\b(\(\))? [\"'`]?/|"
    r"(cannot|can't|could not|couldn't|failed to|unable to|error) open(ing)?\b"
)
"""What a program says whose call to the disk failed."""
_OF_FILES = re.compile(
    r"\b(files?|folders?|director(y|ies)|dir|disk|mount(ed)?|weights|checkpoints?|cached?|cwd|mkdir|unlink)\b|"
    r"(cannot|can't|could not|couldn't|failed to|unable to) "
    r"(read|write|load|access|find|create|delete|remove|save|stat|list|locate)\b|"
    r"\b(loaded|loading|read|reading|written|writing|saved|saving) (\w+ ){0,3}(from|to|into|in|at)\b",
    re.IGNORECASE,
)
"""What is said where files are spoken of."""
_OF_ROUTES = re.compile(
    r"(\b(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|endpoint|route|URL)\s+[\"'`]?|\b(href|src|action|content)=[\"']?)$"
)
"""What stands right before a route, or an address in a page."""
BEFORE, AFTER = 80, 60
"""Characters around a path in which it shows what is spoken of."""


def insides(request: Request, response: Response) -> list[tuple[str, str]]:
    """What a refusal shows of the server's insides: the kind, and the piece of text. Each kind once."""
    text = cut(response.body[: 4 * LONGEST_REFUSAL].decode("utf-8", "replace"), LONGEST_REFUSAL)
    found = [(what, _around(match)) for what, pattern in _SPOKEN if (match := pattern.search(text))]
    path = next((path for said in _said(response, text) for path in _paths(request, said)), None)
    return [*found, (PATH, path)] if path else found


def _around(match: re.Match[str]) -> str:
    """What was found, its first and last word whole: a part of a secret would not be known for one."""
    text, start, end = match.string, match.start(), match.end()
    while start > 0 and text[start - 1] not in _BETWEEN_WORDS:
        start -= 1
    while end < len(text) and text[end] not in _BETWEEN_WORDS:
        end += 1
    return text[start:end] + (CUT if end < len(text) else "")


def _said(response: Response, text: str) -> Iterator[str]:
    """The texts of a refusal, without the escapes of JSON where it is JSON."""
    try:
        document = response.json() if len(response.body) <= LONGEST_REFUSAL else None
    except ValueError:
        document = None
    if document is None:
        yield text
    else:
        yield from (each for _, each in texts(document))


def _paths(request: Request, said: str) -> Iterator[str]:
    """Paths of a disk in a text, but for what the request says itself."""
    found = list(_ELSEWHERE.finditer(said))
    found += [match for match in _SLASHED.finditer(said) if _of_a_disk(match, request)]
    yield from (_around(match) for match in found if not _sent(request, match[0]))


def _of_a_disk(match: re.Match[str], request: Request) -> bool:
    path = match[0].rstrip(".")
    first, *further = path[1:].split("/")
    before = match.string[max(match.start() - BEFORE, 0) : match.start()]
    if first in _names(request.operation) or _OF_ROUTES.search(before):
        return False
    around = f"{before}/ {match.string[match.end() : match.end() + AFTER]}"
    failed = _FAILED.search(around) is not None
    if _SYSTEM.fullmatch(first):
        return failed or _spoken_of(around) or (bool(further) and not _PAGES.search(path))
    if _MOUNTED.fullmatch(first):
        return failed or _spoken_of(around) or (bool(further) and bool(_FILES.search(path)))
    return bool(further) and (failed or bool(_FILES.search(path)))


def _spoken_of(around: str) -> bool:
    return _OF_FILES.search(around) is not None


def _sent(request: Request, path: str) -> bool:
    return path.encode() in request.body or any(path in each for each in (request.path, *map(str, request.query)))


@cache
def _names(operation: str) -> frozenset[str]:
    """First parts of JSON pointers and of routes: the members of a request and an answer, and the contract's paths."""
    contract = load()
    described = {**contract.operations, **contract.services}
    routes = {each.path.split("/")[1] for each in described.values()}
    parameters = {each.name for each in described[operation].parameters} if operation in described else set[str]()
    return frozenset(routes | parameters | {"body", "query", "path", "detail", "message", "predictions", "response"})
