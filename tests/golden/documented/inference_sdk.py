"""As much of `inference-sdk` as the documents' scripts ask with: by the routes that the documents print."""

from __future__ import annotations

import base64
import json
import urllib.request
from pathlib import Path
from typing import Any

import cv2


class InferenceHTTPClient:
    """Asks a deployment."""

    def __init__(self, api_url: str, api_key: str) -> None:
        self.url, self.key = api_url, api_key

    def select_api_v0(self) -> InferenceHTTPClient:
        return self

    def infer(self, image: Any, model_id: str) -> Any:
        body = base64.b64encode(cv2.imencode(".png", image)[1].tobytes())
        return self._post(f"{model_id}?api_key={self.key}", body, "application/x-www-form-urlencoded")

    def sam2_segment_image(self, inference_input: str, prompts: Any, sam2_version_id: str) -> Any:
        image = {"type": "base64", "value": base64.b64encode(Path(inference_input).read_bytes()).decode()}
        asked = {"image": image, "prompts": {"prompts": prompts}, "sam2_version_id": sam2_version_id}
        body = json.dumps({"api_key": self.key, **asked}).encode()
        return self._post("sam2/segment_image", body, "application/json")

    def _post(self, path: str, body: bytes, media: str) -> Any:
        asked = urllib.request.Request(f"{self.url}/{path}", body, {"Content-Type": media})
        with urllib.request.urlopen(asked, timeout=60) as response:
            return json.loads(response.read())
