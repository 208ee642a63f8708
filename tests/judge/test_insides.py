"""What a refusal shows of the server's insides, and what only looks so."""

from __future__ import annotations

import json

import pytest

from assay.contract.message import Request, Response
from assay.judge.insides import PATH, insides

HOSTED = Request("hosted.object-detection", "POST", "/my-space/models", (("image", "http://10.0.0.1/data/x.py"),))
SEGMENT = Request("sam2.segment", "POST", "/sam2/segment_image", body=b'{"image":{"value":"/9j/4AAQSkZJRg/opt/x.py"}}')
MEDIA = {"json": "application/json", "text": "text/plain", "page": "text/html"}


def shown(said: str, kind: str = "json", request: Request = SEGMENT) -> list[str]:
    body = json.dumps({"message": said}) if kind == "json" else said
    return [what for what, _ in insides(request, Response(500, (("content-type", MEDIA[kind]),), body.encode()))]


PATHS = (
    "cannot read /var/lib/models/weights.onnx",
    "Model files were looked for in /var/lib/models",  # a folder
    "lost: /opt/inference",
    "error in /usr/local/lib/python3.11/site-packages/torch",
    "[Errno 2] No such file or directory: '/data'",
    "[Errno 13] Permission denied: '/workspace/x'",
    "cannot write to /cache",
    "no space left on device: /tmp",
    "failed to load weights from /models/rfdetr/7",
    "Could not find /models/yolov8n-640/weights",
    "found /models/yolov8n-640/best.onnx of another version",
    "/app/inference/core/managers/base.py is broken",
    "the cached copy in /inference/cache is stale",
    "open /shared/nas-7/weights: no such file or directory",  # as Go says it
    "ENOENT: no such file or directory, scandir '/shared/nas-7'",
    "bad magic number in /shared/nas-7/model.engine",
    r"The system cannot find the path specified: 'C:\Users\ml\weights'",
    r"unable to open d:\models\best.pt",
    "unable to open C:/inference/models/best.pt",
    "download from file:///srv/models/x failed",
    "The working directory is /workspace/serving.",
    "Model (/home/roboflow/.cache) is gone",
)


@pytest.mark.parametrize("kind", MEDIA)
@pytest.mark.parametrize("said", PATHS)
def test_a_path_of_the_disk(said: str, kind: str) -> None:
    assert shown(said, kind) == [PATH]


def test_it_tells_which_path() -> None:
    said = json.dumps({"detail": [{"msg": "x"}, {"msg": r"no C:\Users\ml\w.pt here"}]}).encode()

    assert insides(SEGMENT, Response(400, (), said)) == [(PATH, r"C:\Users\ml\w.pt…")]


SOUND = (
    # addresses
    "Data pointed by URL could not be decoded into image: http://10.0.0.1/data/x.py",
    "visit https://docs.roboflow.com/app/home.html or https://hub.example.com:8443/models/files/x.onnx",
    "could not load s3://bucket/models/x.onnx, gs://bucket/data/x.pt or hdfs://a/b.py",
    "see roboflow.com/opt/a.html and docs.roboflow.com/data/files",
    "http://[::1]/data/x.py could not be read",
    # media types, rates, fractions, dates, either of two words
    "Unsupported media type image/jpeg: send application/json, text/plain, or */*",
    "rate limit exceeded: 10 requests/s, 5 MB/s and/or 100 files/day; try again in 1/2 h",
    "expected w/h, x/y, TCP/IP or I/O on 25/11/2026",
    # routes
    "Not Found: /sam2/segment_image",
    "Permission denied: /my-space/my-project/3",
    "no access to /workspace/my-project",
    "Use POST /infer/object_detection or /sam2/segment_image instead.",
    "load a model with POST /model/add; /model/registry lists what is loaded",
    "The endpoint /data/files takes no files",
    "GET /models/7 tells whether the weights are loaded",
    "see /docs, /openapi.json and /healthz",
    "read /docs first",
    "Path parameters of /{dataset}/{version} must be loaded",
    # pointers into the request or the answer
    "/image/value is not base64",
    "could not read /image/value: no such file type",
    "/prompts/prompts/0/points/0/x must be a number",
    "cannot load from /training_data/0/image",
    "/data/0/x is no number",
    "/detail/0/msg",
    # words
    "Could not load input image. Cause: Data is not image.",
    "w/o a model no files are read from disk / cache / memory",
    "expected one of: dog/cat/person",
    "field x:\\nfoo, y:\\nbar and c: nothing",
    "ratio A:/B and 16:/9",
    "~",
    "/",
    "//",
    "",
)


@pytest.mark.parametrize("kind", MEDIA)
@pytest.mark.parametrize("said", SOUND)
def test_what_only_looks_like_a_path(said: str, kind: str) -> None:
    assert shown(said, kind) == []


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (HOSTED, "Cannot POST /my-space/models"),
        (HOSTED, "no such file: /my-space/models"),
        (HOSTED, "could not find /my-space/models"),
        (HOSTED, "file of /data/x.py"),
        (SEGMENT, "cannot identify image file /9j/4AAQSkZJRg/opt/x.py"),
        (SEGMENT, "open '/9j/4AAQSkZJ': no such file"),
    ],
)
def test_what_the_request_said_itself(request_: Request, said: str) -> None:
    assert shown(said, request=request_) == []


PAGE = """<!DOCTYPE html><html><head><link rel="stylesheet" href="/static/css/app.css">
<script src="/app/main.js"></script><meta content="/home/login/x"></head><body>
<center><h1>413 Request Entity Too Large</h1></center><hr><center>nginx/1.25.3</center>
<a href='/home/login/x'>Sign in</a><form action="/var/x/y"></form>
<p>Return to /home/index.html</p></body></html>"""


def test_a_page_of_a_gateway() -> None:
    assert shown(PAGE, "page") == []


def test_what_a_refusal_repeats_of_the_request() -> None:
    body = json.dumps({"image": {"type": "file", "value": "/etc/passwd"}}).encode()
    request = SEGMENT.replace(body=body, query=(("source", "/opt/secret/x"),))

    assert shown("no such file: /etc/passwd, /opt/secret/x", request=request) == []
    assert shown("no such file: /etc/shadow", request=request) == [PATH]
