"""Reports in a real Chromium: what is asked of a page is asked as a reader would.

These tests are collected only when they are asked for: the command names this folder, or ASSAY_BROWSER is set.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect, sync_playwright

from assay.record import Run
from assay.report import html, joined

from ..asked import left_out
from ..peers.tools import require
from ..report.conftest import builder, hosted_request, jpeg, segment_request

__all__ = ["builder", "hosted_request", "jpeg", "segment_request"]

HERE = Path(__file__).resolve().parent
Opened = Callable[..., Page]
PATIENCE = 30_000
"""ms that a page gets to show what it has to."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves out what needs a browser unless it was asked for."""
    return left_out(collection_path, config, HERE, "ASSAY_BROWSER")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The Chromium that Debian has. Raises RigError where it is missing, with what to do."""
    require("chromium")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


class Watched:
    """What a page did that no report may do."""

    def __init__(self, page: Page, file: str) -> None:
        self.did: list[str] = []
        page.on("request", lambda request: self._asked(request.url, file))
        page.on("pageerror", lambda error: self.did.append(f"error: {error}"))
        page.on("console", lambda message: self.did.append(f"console: {message.text}"))
        page.on("dialog", self._asks)

    def _asks(self, dialog: Dialog) -> None:
        self.did.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _asked(self, url: str, file: str) -> None:
        if url.partition("#")[0] != file and not url.startswith("data:"):
            self.did.append(f"request: {url}")


@pytest.fixture
def opened(chromium: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Opens the report of a run or of several, at a part of it if asked; it does nothing that it may not."""
    watched: list[Watched] = []
    contexts: list[BrowserContext] = []

    def open_report(run: Run | list[Run], part: str = "", **settings: Any) -> Page:
        file = tmp_path / f"report-{len(contexts)}.html"
        file.write_text(joined.render(run) if isinstance(run, list) else html.render(run), encoding="utf-8")
        settings.setdefault("viewport", {"width": 1280, "height": 900})
        context = chromium.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        watched.append(Watched(page, file.as_uri()))
        page.goto(file.as_uri() + part)
        return page

    yield open_report
    for context in contexts:
        context.close()
    assert [each for one in watched for each in one.did] == []
