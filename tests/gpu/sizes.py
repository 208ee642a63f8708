"""How large the models are: as their checkpoints, by numbers that stand here; or tiny, to try the server on a CPU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Sizes:
    """The words with which each configuration is made. `sam2` is by version: the backbone's, and the picture's side."""

    sam2: Mapping[str, Mapping[str, Any]]
    sam2_side: int
    owlv2: Mapping[str, Mapping[str, Any]]
    florence: Mapping[str, Mapping[str, Any]]
    detector: Mapping[str, Any]
    detector_side: int
    segformer: Mapping[str, Any]
    segformer_side: int
    rcnn_sides: tuple[int, int]
    rcnn_proposals: int
    classifier_side: int
    first: tuple[str, ...] = field(default=("hiera_tiny", "hiera_large"))
    """The versions of SAM2 that are made before the first request."""


def _hiera(*, width: int, heads: int, blocks: list[int], everywhere: list[int], windows: list[int], back: int) -> Any:
    dims = [width, 2 * width, 4 * width, 8 * width]
    return {
        "hidden_size": width,
        "num_attention_heads": heads,
        "embed_dim_per_stage": dims,
        "num_attention_heads_per_stage": [heads, 2 * heads, 4 * heads, 8 * heads],
        "blocks_per_stage": blocks,
        "global_attention_blocks": everywhere,
        "window_size_per_stage": windows,
        "window_positional_embedding_background_size": [back, back],
    }


def _owlv2(
    *, side: int, patch: int, width: int, layers: int, heads: int, text: int, text_heads: int, joint: int
) -> Any:
    return {
        "vision_config": {
            "image_size": side,
            "patch_size": patch,
            "hidden_size": width,
            "intermediate_size": 4 * width,
            "num_hidden_layers": layers,
            "num_attention_heads": heads,
        },
        "text_config": {"hidden_size": text, "intermediate_size": 4 * text, "num_attention_heads": text_heads},
        "projection_dim": joint,
    }


def _florence(*, dims: list[int], heads: list[int], width: int, layers: int, ways: int, side: int) -> Any:
    return {
        "side": side,
        "vision_config": {"embed_dim": dims, "num_heads": heads, "num_groups": heads, "projection_dim": width},
        "text_config": {
            "vocab_size": 51328,
            "d_model": width,
            "encoder_layers": layers,
            "decoder_layers": layers,
            "encoder_attention_heads": ways,
            "decoder_attention_heads": ways,
            "encoder_ffn_dim": 4 * width,
            "decoder_ffn_dim": 4 * width,
            "max_position_embeddings": 4096,
        },
    }


def _rfdetr(*, side: int, windows: int, layers: int, width: int, heads: int, deep: int, queries: int) -> Any:
    stages = [f"stage{deep * part // 4}" for part in (1, 2, 3, 4)]
    return {
        "backbone_config": {
            "model_type": "rf_detr_dinov2",
            "image_size": side,
            "patch_size": 16,
            "hidden_size": width,
            "num_hidden_layers": deep,
            "num_attention_heads": heads,
            "num_windows": windows,
            "out_features": stages,
        },
        "decoder_layers": layers,
        "num_queries": queries,
        "num_labels": 91,
    }


REAL: Final = Sizes(
    sam2={
        "hiera_tiny": _hiera(
            width=96, heads=1, blocks=[1, 2, 7, 2], everywhere=[5, 7, 9], windows=[8, 4, 14, 7], back=7
        ),
        "hiera_small": _hiera(
            width=96, heads=1, blocks=[1, 2, 11, 2], everywhere=[7, 10, 13], windows=[8, 4, 14, 7], back=7
        ),
        "hiera_b_plus": _hiera(
            width=112, heads=2, blocks=[2, 3, 16, 3], everywhere=[12, 16, 20], windows=[8, 4, 14, 7], back=14
        ),
        "hiera_large": _hiera(
            width=144, heads=2, blocks=[2, 6, 36, 4], everywhere=[23, 33, 43], windows=[8, 4, 16, 8], back=7
        ),
    },
    sam2_side=1024,
    owlv2={
        "owlv2-large-patch14-ensemble": _owlv2(
            side=1008, patch=14, width=1024, layers=24, heads=16, text=768, text_heads=12, joint=768
        ),
        "owlv2-base-patch16-ensemble": _owlv2(
            side=960, patch=16, width=768, layers=12, heads=12, text=512, text_heads=8, joint=512
        ),
    },
    florence={
        "florence-2-base": _florence(
            dims=[128, 256, 512, 1024], heads=[4, 8, 16, 32], width=768, layers=6, ways=12, side=768
        ),
        "florence-2-large": _florence(
            dims=[256, 512, 1024, 2048], heads=[8, 16, 32, 64], width=1024, layers=12, ways=16, side=768
        ),
    },
    detector=_rfdetr(side=512, windows=2, layers=3, width=384, heads=6, deep=12, queries=300),  # RF-DETR Small
    detector_side=512,
    segformer={  # SegFormer-B2, of as many classes as Cityscapes has
        "depths": [3, 4, 6, 3],
        "hidden_sizes": [64, 128, 320, 512],
        "num_attention_heads": [1, 2, 5, 8],
        "decoder_hidden_size": 768,
        "num_labels": 19,
    },
    segformer_side=512,
    rcnn_sides=(800, 1333),
    rcnn_proposals=1000,
    classifier_side=224,
)
TINY: Final = Sizes(
    sam2={
        version: _hiera(width=16, heads=1, blocks=[1, 1, 2, 1], everywhere=[3], windows=[8, 4, 14, 7], back=7)
        for version in REAL.sam2
    },
    sam2_side=256,
    owlv2={
        version: _owlv2(side=112, patch=14, width=32, layers=2, heads=2, text=32, text_heads=2, joint=32)
        for version in REAL.owlv2
    },
    florence={
        model: _florence(dims=[16, 32, 64, 128], heads=[1, 2, 4, 8], width=64, layers=1, ways=2, side=192)
        for model in REAL.florence
    },
    detector=_rfdetr(side=128, windows=2, layers=1, width=48, heads=2, deep=4, queries=50),
    detector_side=128,
    segformer={
        "depths": [1, 1, 1, 1],
        "hidden_sizes": [8, 16, 32, 64],
        "num_attention_heads": [1, 1, 2, 4],
        "decoder_hidden_size": 32,
        "num_labels": 19,
    },
    segformer_side=128,
    rcnn_sides=(128, 192),
    rcnn_proposals=10,
    classifier_side=64,
    first=("hiera_tiny",),
)
SIZES: Final = {"real": REAL, "tiny": TINY}
