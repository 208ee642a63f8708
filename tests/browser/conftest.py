"""Reports in a real Chromium: what is asked of a page is asked as a reader would."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from assay.record import Run
from assay.report import html

from ..report.conftest import builder, hosted_request, jpeg, segment_request

__all__ = ["builder", "hosted_request", "jpeg", "segment_request"]

NAMES = ("chromium", "chromium-browser", "google-chrome")
Opened = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The Chromium of this machine."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "these tests need Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


class Watched:
    """What a page did that no report may do."""

    def __init__(self, page: Page, file: str) -> None:
        self.did: list[str] = []
        page.on("request", lambda request: self._asked(request.url, file))
        page.on("pageerror", lambda error: self.did.append(f"error: {error}"))
        page.on("console", lambda message: self.did.append(f"console: {message.text}"))
        page.on("dialog", lambda dialog: (self.did.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def _asked(self, url: str, file: str) -> None:
        if url.partition("#")[0] != file and not url.startswith("data:"):
            self.did.append(f"request: {url}")


@pytest.fixture
def opened(chromium: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Opens the report of a run, at a part of it if asked, and sees to it that it does nothing that it may not."""
    watched: list[Watched] = []
    contexts = []

    def open_report(run: Run, part: str = "", **settings: Any) -> Page:
        file = tmp_path / f"report-{len(contexts)}.html"
        html.write(run, file)
        settings.setdefault("viewport", {"width": 1280, "height": 900})
        context = chromium.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        watched.append(Watched(page, file.as_uri()))
        page.goto(file.as_uri() + part)
        return page

    yield open_report
    for context in contexts:
        context.close()
    assert [each for one in watched for each in one.did] == []
