"""How pictures and keys may be sent, and what is refused: with a 4xx that tells why and repeats nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from assay.reference.app import create_app
from assay.scene import SCENES
from assay.serving import running

from .truth import Infer, without_identity

SCENE = SCENES["menagerie"]
PNG = SCENE.png()
TEXT = base64.b64encode(PNG)
KEY = {"api_key": "reference"}
IMAGE = {"type": "base64", "value": TEXT.decode()}
FORBIDDEN = {"Message": "User is not authorized to access this resource"}
UNAUTHORIZED = {"status": 401, "message": "Unauthorized api_key"}


@pytest.fixture(scope="module")
def pictures() -> Iterator[str]:
    """A web server with a picture, a text, and a redirect to the picture."""

    async def picture(request: Request) -> Response:
        return Response(PNG, media_type="image/png")

    async def text(request: Request) -> Response:
        return Response("no picture")

    async def redirect(request: Request) -> Response:
        return RedirectResponse("/picture.png")

    routes = [Route("/picture.png", picture), Route("/text", text), Route("/redirect", redirect)]
    with running(Starlette(routes=routes)) as base:
        yield base


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        b"data:image/png;base64," + TEXT,
        base64.encodebytes(PNG),
        base64.encodebytes(PNG).replace(b"\n", b"\r\n"),
    ],
    ids=["bare", "data URI", "line breaks", "CRLF"],
)
@pytest.mark.parametrize("media", ["application/x-www-form-urlencoded", "application/json", "text/plain", None])
def test_base64_bodies(client: httpx.Client, infer: Infer, content: bytes, media: str | None) -> None:
    headers = {"content-type": media} if media else {}
    response = client.post("/shapes/1", params=KEY, content=content, headers=headers)
    assert without_identity(response.json()) == without_identity(infer(SCENE).json())


def test_multipart_upload(client: httpx.Client, infer: Infer) -> None:
    response = client.post("/shapes/1", params=KEY, files={"file": ("a.png", PNG, "image/png")})
    assert without_identity(response.json()) == without_identity(infer(SCENE).json())


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_picture_by_url(client: httpx.Client, infer: Infer, pictures: str, method: str) -> None:
    response = client.request(method, "/shapes/1", params={**KEY, "image": f"{pictures}/picture.png"})
    assert without_identity(response.json()) == without_identity(infer(SCENE).json())


def test_picture_by_url_in_json(client: httpx.Client, pictures: str) -> None:
    bodies = [{**KEY, "image": image} for image in (IMAGE, {"type": "url", "value": f"{pictures}/picture.png"})]
    answers = [client.post("/sam2/segment_image", json=body).json()["predictions"] for body in bodies]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("path", ["/text", "/absent", "/redirect"])
def test_url_without_a_picture(client: httpx.Client, pictures: str, path: str) -> None:
    refused(client.post("/shapes/1", params={**KEY, "image": pictures + path}), 400)


def test_an_empty_address_is_an_address_and_not_none(client: httpx.Client) -> None:
    refused(client.post("/shapes/1", params={**KEY, "image": ""}, content=base64.b64encode(PNG)), 400)


@pytest.mark.parametrize(
    "image",
    [
        "http://192.0.2.1/a.png", "https://example.com/a.png", "file:///etc/passwd", "ftp://127.0.0.1/a",
        "nonsense", "http://",
        "http://[", "http://127.0.0.1:1/a.png", "http://127.0.0.1:99999/", "http://localhost.example.com/",
        "http://reference@example.com/", "//127.0.0.1/", "http://127.0.0.1:0/\x00",
    ],
)  # fmt: skip
def test_url_that_is_not_followed(client: httpx.Client, image: str) -> None:
    refused(client.post("/shapes/1", params={**KEY, "image": image}), 400)
    body = {**KEY, "image": {"type": "url", "value": image}}
    refused(client.post("/sam2/segment_image", json=body), 400)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"not base64!", TEXT[:-3] + b"%%%", b"data:image/png;base64,", base64.b64encode(b"just text"), PNG,
     base64.b64encode(PNG[:60]), b"\xff\xfe", b"{}", TEXT + b"A"],
)  # fmt: skip
def test_bodies_that_are_no_picture(client: httpx.Client, content: bytes) -> None:
    refused(client.post("/shapes/1", params=KEY, content=content), 400)
    body = {**KEY, "image": {"type": "base64", "value": content.decode("latin-1")}}
    refused(client.post("/sam2/segment_image", json=body), 400)


@pytest.mark.parametrize("part", [0.02, 0.1, 0.5, 0.9, 0.99])
def test_pictures_cut_short(client: httpx.Client, part: float) -> None:
    for data in (PNG, SCENE.jpeg()):
        cut = base64.b64encode(data[: int(len(data) * part)])
        refused(client.post("/shapes/1", params=KEY, content=cut), 400)


def test_multipart_without_a_picture(client: httpx.Client) -> None:
    refused(client.post("/shapes/1", params=KEY, files={"other": ("a.png", PNG)}), 400)
    refused(client.post("/shapes/1", params=KEY, data={"file": "text"}, files={"other": b""}), 400)
    headers = {"content-type": "multipart/form-data; boundary=x"}
    refused(client.post("/shapes/1", params=KEY, content=b"broken", headers=headers), 400)
    refused(
        client.post("/shapes/1", params=KEY, content=b"x", headers={"content-type": "multipart/form-data"}),
        400,
    )


@pytest.mark.parametrize(
    "query",
    [
        {"confidence": "150"}, {"confidence": "-1"}, {"confidence": "abc"}, {"confidence": ""}, {"confidence": "nan"},
        {"confidence": "inf"}, {"confidence": "1_0"}, {"confidence": "best"}, {"confidence": "1e999"},
        {"confidence": "٤٠"}, {"overlap": "101"}, {"overlap": "-0.1"}, {"overlap": "x"}, {"stroke": "0"},
        {"stroke": "1.5"},
        {"stroke": "-1"}, {"stroke": "wide"}, {"labels": "maybe"}, {"labels": ""}, {"format": "xml"}, {"format": ""},
        {"format": "JSON"}, {"max_detections": "0"}, {"keypoint_confidence": "2"}, {"image_type": "numpy"},
        {"disable_active_learning": "perhaps"},
    ],
)  # fmt: skip
def test_parameters_out_of_range(client: httpx.Client, query: dict[str, str]) -> None:
    response = client.post("/shapes/1", params={**KEY, **query}, content=TEXT)
    refused(response, 422)
    assert response.json()["detail"][0]["loc"] == ["query", *query]


@pytest.mark.parametrize(
    "query",
    [{"confidence": "0"}, {"confidence": "100"}, {"confidence": "4e1"}, {"overlap": "100"}, {"stroke": "9" * 400},
     {"labels": "True"}, {"labels": "0"}, {"name": "any.jpg"}, {"unknown": "x"}, {"classes": ",,"},
     {"disable_active_learning": "true", "disable_model_monitoring": "true"}],
)  # fmt: skip
@pytest.mark.parametrize("form", ["json", "image", "image_and_json"])
def test_parameters_in_range(client: httpx.Client, query: dict[str, str], form: str) -> None:
    response = client.post("/shapes/1", params={**KEY, **query, "format": form}, content=TEXT)
    assert response.status_code == 200, response.text


POINT = {"x": 1, "y": 2, "positive": True}
BOX = {"x": 9, "y": 9, "width": 4, "height": 4}


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"image": None}, ["image"]), ({"image": "text"}, ["image"]), ({"image": [IMAGE]}, ["image"]),
        ({"image": {}}, ["image", "type"]), ({"image": {"type": "base64"}}, ["image", "value"]),
        ({"image": {"type": "numpy", "value": "x"}}, ["image", "type"]),
        ({"image": {"type": 3, "value": "x"}}, ["image", "type"]),
        ({"image": {"type": "base64", "value": 3}}, ["image", "value"]),
        ({"format": "polygon"}, ["format"]), ({"format": None}, ["format"]), ({"format": 1}, ["format"]),
        ({"format": ["json"]}, ["format"]), ({"sam2_version_id": "hiera_huge"}, ["sam2_version_id"]),
        ({"multimask_output": "yes"}, ["multimask_output"]), ({"image_id": 5}, ["image_id"]),
        ({"prompts": "text"}, ["prompts"]), ({"prompts": None}, ["prompts"]), ({"prompts": 5}, ["prompts"]),
        ({"prompts": []}, ["prompts"]), ({"prompts": {}}, ["prompts", "prompts"]),
        ({"prompts": {"prompts": 5}}, ["prompts", "prompts"]),
        ({"prompts": {"prompts": ["x"]}}, ["prompts", "prompts", 0]),
        ({"prompts": {"prompts": [{}]}}, ["prompts", "prompts", 0]),
        ({"prompts": [{"points": []}]}, ["prompts", 0, "points"]),
        ({"prompts": [{"points": None}]}, ["prompts", 0, "points"]),
        ({"prompts": [{"points": [{"x": 1, "y": 2}]}]}, ["prompts", 0, "points", 0, "positive"]),
        ({"prompts": {"points": [{"x": 1, "y": 2}]}}, ["prompts", "points", 0, "positive"]),
        ({"prompts": [{"points": [{**POINT, "positive": 1}]}]}, ["prompts", 0, "points", 0, "positive"]),
        ({"prompts": [{"points": [{**POINT, "x": "1"}]}]}, ["prompts", 0, "points", 0, "x"]),
        ({"prompts": [{"points": [{**POINT, "x": True}]}]}, ["prompts", 0, "points", 0, "x"]),
        ({"prompts": [{"box": {**BOX, "width": 0}}]}, ["prompts", 0, "box", "width"]),
        ({"prompts": [{"box": {**BOX, "height": -3}}]}, ["prompts", 0, "box", "height"]),
        ({"prompts": [{"box": {"x": 1, "y": 1, "w": 3, "h": 3}}]}, ["prompts", 0, "box", "width"]),
        ({"prompts": [{"box": [1, 2, 3, 4]}]}, ["prompts", 0, "box"]),
    ],
)  # fmt: skip
def test_bodies_that_break_the_schema(client: httpx.Client, changes: dict[str, Any], where: list[Any]) -> None:
    response = client.post("/sam2/segment_image", json={**KEY, "image": IMAGE, **changes})
    refused(response, 422)
    assert response.json()["detail"][0]["loc"] == ["body", *where]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'"x"', b"3", b"\xff\xfe\x00", b'{"image": NaN}', b"[" * 100_000, b"{}",
     json.dumps({"prompts": []}).encode(), json.dumps({"image": IMAGE, "prompts": [{"box": 10**400}]}).encode()],
)  # fmt: skip
def test_bodies_that_are_no_request(client: httpx.Client, content: bytes) -> None:
    headers = {"content-type": "application/json"}
    refused(client.post("/sam2/segment_image", params=KEY, content=content, headers=headers), 422)


def test_unknown_models(client: httpx.Client) -> None:
    for path in ("/shapes/2", "/nothing/1", "/shapes/one", "/sam3/infer", "/%2e%2e/%00"):
        refused(client.post(path, params=KEY, content=TEXT), 404)


def test_other_methods_and_paths(client: httpx.Client) -> None:
    assert client.get("/sam2/segment_image").status_code == 405
    assert client.delete("/shapes/1").status_code == 405
    for path in ("/", "/one", "/one/two/three"):
        assert client.post(path).status_code == 404


def test_keys(client: httpx.Client) -> None:
    def hosted(query: dict[str, str], bearer: str | None = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        return client.post("/shapes/1", params=query, content=TEXT, headers=headers)

    def segment(query: dict[str, str], bearer: str | None, body: dict[str, Any]) -> httpx.Response:
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        return client.post("/sam2/segment_image", params=query, headers=headers, json={"image": IMAGE, **body})

    assert hosted(KEY).status_code == hosted({}, "reference").status_code == 200
    assert hosted(KEY, "wrong").status_code == 200  # the query's key comes first
    for response in (
        hosted({}),
        hosted({"api_key": "wrong"}),
        hosted({}, "wrong"),
        hosted({"api_key": "wrong"}, "reference"),
    ):
        assert (response.status_code, response.json()) == (403, FORBIDDEN)
    for good in (segment(KEY, None, {}), segment({}, "reference", {}), segment({}, None, KEY)):
        assert good.status_code == 200
    for bad in (
        segment({}, None, {}),
        segment({}, "wrong", KEY),
        segment({}, None, {"api_key": "schlüssel"}),
    ):
        assert (bad.status_code, bad.json()) == (401, UNAUTHORIZED)


def test_another_key_or_none() -> None:
    with running(create_app("sésame")) as base:
        assert httpx.post(f"{base}/shapes/1", params=KEY, content=TEXT).status_code == 403
        assert httpx.post(f"{base}/shapes/1", params={"api_key": "sésame"}, content=TEXT).status_code == 200
    with running(create_app(None)) as base:
        assert httpx.post(f"{base}/shapes/1", content=TEXT).status_code == 200


def test_uploads_over_the_limit(client: httpx.Client) -> None:
    refused(client.post("/shapes/1", params=KEY, content=b"A" * (21 * 1024 * 1024)), 413)


def test_service_routes_need_no_key(client: httpx.Client) -> None:
    info = client.get("/info").json()
    assert info["name"] == "Assay reference deployment"
    assert info == client.get("/info").json()
    assert client.get("/healthz").json() == {"status": "healthy"}
    assert client.get("/readiness").json() == {"status": "ready"}
    assert {"/{dataset}/{version}", "/sam2/segment_image", "/info"} <= set(client.get("/openapi.json").json()["paths"])
    models = client.get("/model/registry").json()["models"]
    assert {
        ("shapes/1", "object-detection"),
        ("figures/1", "keypoint-detection"),
        ("regions/1", "semantic-segmentation"),
        ("outlines/1", "instance-segmentation"),
        ("kinds/1", "classification"),
    } <= {(model["model_id"], model["task_type"]) for model in models}


def refused(response: httpx.Response, status: int) -> None:
    """The refusal has this status, says why in one of the known shapes, and repeats neither key nor picture."""
    assert response.status_code == status, response.text
    body = response.json()
    if status == 422:
        (detail,) = body["detail"]
        assert set(detail) == {"type", "loc", "msg"}
        assert detail["msg"]
    else:
        assert isinstance(body["message"], str)
        assert body["message"]
    assert "reference" not in response.text
    assert TEXT.decode()[:40] not in response.text
