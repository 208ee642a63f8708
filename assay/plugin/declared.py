"""Every option of a check, declared once: the command line, pytest's, the environment and the file follow from it.

Nothing heavy is imported here: pytest loads it for everybody who has Assay installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal["flag", "text", "integer", "number", "file", "folder"]
PREFIX = "ASSAY"


@dataclass(frozen=True, slots=True)
class Declared:
    """One option. `shown` says in the help what holds where it is not given and `default` alone does not tell.

    `least` and `most` bound a number, both included. Where `multiple`, it may be given several times. `sets` names what
    it sets of a check's options where that is called otherwise.
    """

    name: str
    help: str
    kind: Kind = "text"
    metavar: str | None = None
    default: Any = None
    shown: str | None = None
    choices: tuple[str, ...] = ()
    multiple: bool = False
    least: float | None = None
    most: float | None = None
    sets: str | None = None

    @property
    def field(self) -> str:
        """The name as an identifier: `ready_timeout`."""
        return self.name.replace("-", "_")

    @property
    def of_check(self) -> str:
        """The field of `CheckOptions` that it sets."""
        return self.sets or self.field

    @property
    def variable(self) -> str:
        """The environment variable that stands for the option."""
        return f"{PREFIX}_{self.field.upper()}"


CONFIG = "config"
DECLARED = (
    Declared(
        "model", metavar="TASK=MODEL", multiple=True, sets="models",
        help="Model to ask for a task, otherwise what the target has loaded: object-detection, keypoint-detection, "
        "instance-segmentation, semantic-segmentation, classification or multi-label-classification=DATASET/VERSION; "
        "segmentation, owlv2 or florence-2=MODEL.",
    ),
    Declared(
        "key-env", metavar="NAME", sets="key_variable", shown="ROBOFLOW_API_KEY",
        help="Environment variable that holds the API key.",
    ),
    Declared(
        "key-in", choices=("documented", "query", "header", "body"), default="documented", sets="key_place",
        help="Where the key travels.",
    ),
    Declared(
        "header", metavar="'NAME: VALUE'", multiple=True, sets="headers",
        help="A header to add to every request; its value is kept out of every file.",
    ),
    Declared("only", metavar="PATTERN", multiple=True, help="Check only the rules whose id matches."),
    Declared("skip", metavar="PATTERN", multiple=True, help="Leave out the rules whose id matches."),
    Declared(
        "operation", metavar="PATTERN", multiple=True, sets="operations",
        help="Check only the operations whose id matches, such as 'sam2.*'.",
    ),
    Declared(
        "require", metavar="OPERATION", multiple=True,
        help="An operation, or a pattern of operations, whose absence is a failure and not a skip.",
    ),
    Declared(
        "depth", choices=("quick", "standard", "deep"), default="standard",
        help="How much is tried: quick tells in seconds whether something is badly wrong, deep looks everywhere.",
    ),
    Declared(
        "examples", kind="integer", metavar="N", least=1, most=10_000, shown="as the depth says",
        help="Generated requests for each case.",
    ),
    Declared("seed", kind="integer", metavar="N", default=0, help="Seed of everything that is generated."),
    Declared(
        "allow-hostile", kind="flag",
        help="Send hostile input too, to this machine as to any other: a careless target may not survive it.",
    ),
    Declared("strict", kind="flag", help="A broken `should` decides the exit code too."),
    Declared("no-known", kind="flag", sets="use_known", help="Judge bare, without the list of known deviations."),
    Declared(
        "known", kind="file", metavar="FILE", multiple=True, sets="known_files",
        help="A list of known deviations of your own, besides those that Assay ships.",
    ),
    Declared(
        "out", kind="folder", metavar="FOLDER", shown="assay-runs/DATE-TIME",
        help="Folder for the record and the reports.",
    ),
    Declared("timeout", kind="number", metavar="SECONDS", default=120.0, least=0.1, help="For one request."),
    Declared(
        "ready-timeout", kind="number", metavar="SECONDS", default=60.0, least=0.1,
        help="For the target to become ready; loading a model may take minutes.",
    ),
    Declared(
        "max-requests", kind="integer", metavar="N", least=1, shown="to another machine, as the depth says",
        help="Most requests to send; then the run ends, and reports what it has.",
    ),
    Declared(
        "time-budget", kind="number", metavar="SECONDS", least=0.1, shown="to another machine, as the depth says",
        help="Longest time to ask; then the run ends, and reports what it has.",
    ),
    Declared(
        "ca-bundle", kind="file", metavar="FILE",
        help="Certificates (PEM) of the authorities to trust, instead of the usual ones.",
    ),
    Declared(
        "client-cert", kind="file", metavar="FILE",
        help="Certificate (PEM) to show to a gateway that asks for one; it may hold the key too.",
    ),
    Declared("client-key", kind="file", metavar="FILE", help="The private key (PEM) of --client-cert."),
    Declared(
        "proxy", metavar="URL",
        help="Forward proxy to go through: http://HOST:PORT. The environment's own proxies are never used.",
    ),
    Declared(
        "asset-bind", metavar="HOST[:PORT]", shown="127.0.0.1 to a target on this machine, nowhere to another",
        help="Serve pictures here, for the target to fetch by address.",
    ),
    Declared(
        "asset-base-url", metavar="URL",
        help="How the target reaches what is served at --asset-bind, such as through a tunnel.",
    ),
    Declared(
        "pictures", kind="folder", metavar="FOLDER",
        help="Pictures of your own (PNG, JPEG, WebP, BMP), at most 50, to look in after Assay's scenes for what your "
        "models see.",
    ),
    Declared(
        "no-pictures", kind="flag",
        help="Keep your own pictures, and drawings upon them, out of record and report; their file names stay.",
    ),
    Declared(
        "workers", kind="integer", metavar="N", least=1, most=64, shown="1; 2 for `reference`",
        help="Processes that judge side by side.",
    ),
    Declared("quiet", kind="flag", help="Print nothing but how it ended and where the report lies."),
    Declared(
        CONFIG, kind="file", metavar="FILE", shown="assay.toml here, or [tool.assay] in pyproject.toml",
        help="Configuration file: any of these options by name.",
    ),
)  # fmt: skip
"""In the order in which the help lists them."""


def setting(field: str) -> Declared | None:
    """The option that sets this field of `CheckOptions`; None where none does."""
    return next((option for option in DECLARED if option.of_check == field), None)


def declared(field: str) -> Declared:
    """The option of that field. Raises KeyError."""
    return next(option for option in DECLARED if option.field == field)
