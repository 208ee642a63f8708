"""The configuration file: `assay.toml`, or `[tool.assay]` in `pyproject.toml`. Any option of a check may stand there.

An option beats the environment, and the environment beats the file.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.errors import UsageProblem
from assay.plugin.declared import CONFIG, DECLARED, Declared
from assay.record.redaction import KEY_VARIABLE

OWN_FILE, PROJECT_FILE = Path("assay.toml"), Path("pyproject.toml")
SETTINGS = {option.field: option for option in DECLARED if option.name != CONFIG}
SECRETS = frozenset({"key", "api_key", "apikey", "roboflow_api_key"})
_SEPARATORS = {"model": "=", "header": ": "}
"""Options whose values are pairs; in the file they may be a table as well."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a file says: `values` by field name, as the options take them. `name` is how messages call the file."""

    name: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


def configuration(named: Path | None = None) -> Configuration:
    """Read the file that was named, or else the one in the current folder; nothing where there is none.

    Raises UsageProblem for a file that cannot be read, and for a setting that is unknown or of another type.
    """
    if named is not None:
        document = _document(named)
        return _settings(str(named), document.get("tool", {}).get("assay", document), named.parent)
    if OWN_FILE.is_file():
        return _settings(str(OWN_FILE), _document(OWN_FILE), Path())
    if PROJECT_FILE.is_file():
        tools = _document(PROJECT_FILE).get("tool")
        if isinstance(tools, dict) and "assay" in tools:
            return _settings(f"[tool.assay] in {PROJECT_FILE}", tools["assay"], Path())
    return Configuration()


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageProblem(f"{path}: cannot be read as configuration ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageProblem(f"{path}: is no TOML ({error})") from None


def _settings(name: str, table: Any, folder: Path) -> Configuration:
    if not isinstance(table, dict):
        raise UsageProblem(f"{name}: must be a table of settings")
    values: dict[str, Any] = {}
    for spelled, value in table.items():
        key = spelled.replace("-", "_")
        if key.lower() in SECRETS:
            raise UsageProblem(
                f"{name}: an API key does not belong into a file; put it into the environment variable {KEY_VARIABLE}, "
                "or name another variable with key-env"
            )
        if key not in SETTINGS:
            raise UsageProblem(f"{name}: there is no setting {spelled!r}; {_advice(key)}")
        if key in values:
            raise UsageProblem(f"{name}: {SETTINGS[key].name} is set twice")
        values[key] = _read(name, SETTINGS[key], value, folder)
    return Configuration(name, values)


def _advice(key: str) -> str:
    if key == "target":
        return "TARGET is given on the command line"
    near = difflib.get_close_matches(key, SETTINGS, n=1)
    return f"did you mean {SETTINGS[near[0]].name}?" if near else "`assay check --help` lists what can be set"


def _read(name: str, option: Declared, value: Any, folder: Path) -> Any:
    """The value as the option takes it. Paths in a file count from where the file lies."""
    if option.multiple:
        if isinstance(value, dict) and option.field in _SEPARATORS:
            value = [f"{key}{_SEPARATORS[option.field]}{one}" for key, one in value.items()]
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            raise UsageProblem(f"{name}: {option.name} must be a list of words, and is {value!r}")
        return [str(folder / one) if option.kind == "file" else one for one in values]
    wanted, fits = _expected(option, value)
    if not fits:
        raise UsageProblem(f"{name}: {option.name} must be {wanted}, and is {value!r}")
    return str(folder / value) if option.kind in ("file", "folder") else value


def _expected(option: Declared, value: Any) -> tuple[str, bool]:
    match option.kind:
        case "flag":
            return "true or false", isinstance(value, bool)
        case "integer":
            return "a whole number", isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return "a number", isinstance(value, (int, float)) and not isinstance(value, bool)
        case _:
            return "a word in quotes", isinstance(value, str)
