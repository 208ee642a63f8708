"""SAM2 hiera_tiny with random weights, but for one path made by hand: colour of the picture -> mask.

Masks follow red and blue, whatever the prompt. The mask of the first token, which is the single mask, has
both colours; of the other three one has red only, one blue only, and one both again.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from sam2.build_sam import build_sam2

SEED = 2
RED, BLUE = (1.0, -0.5, -0.5), (-0.5, -0.5, 1.0)  # weights of normalised R, G, B
MASKS = ((10, 10), (10, 0), (0, 10), (10, 10))  # the weight of red and of blue, for each mask token


def make(folder: Path) -> None:
    """Writes the checkpoint and the configuration that names it."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    model = build_sam2("sam2_hiera_t.yaml", None, device="cpu")
    with torch.no_grad():
        _carry_colours_to_the_finest_features(model.image_encoder)
        _turn_colours_into_masks(model.sam_mask_decoder)
    torch.save({"model": model.state_dict()}, folder / "model.pt")
    (folder / "sam_configuration.json").write_text(json.dumps({"version": "sam2_hiera_t"}))


def _silence(*layers: torch.nn.Module) -> None:
    for layer in layers:
        for values in layer.parameters():
            values.zero_()


def _carry_colours_to_the_finest_features(encoder: torch.nn.Module) -> None:
    trunk = encoder.trunk
    trunk.pos_embed.zero_()
    trunk.pos_embed_window.zero_()
    patches = trunk.patch_embed.proj
    patches.weight[:2].zero_()
    patches.bias[:2].zero_()
    centre = patches.weight.shape[-1] // 2
    for channel, colour in enumerate((RED, BLUE)):
        patches.weight[channel, :, centre, centre] = torch.tensor(colour)
    _silence(trunk.blocks[0].attn.proj, trunk.blocks[0].mlp.layers[-1])  # the first block passes on what it gets
    neck = encoder.neck.convs[3].conv
    neck.weight[:2].zero_()
    neck.bias[:2].zero_()
    neck.weight[0, 0] = neck.weight[1, 1] = 1


def _turn_colours_into_masks(decoder: torch.nn.Module) -> None:
    finest = decoder.conv_s0
    _silence(finest)
    finest.weight[0, 0] = finest.weight[1, 1] = 1
    upscaling = decoder.output_upscaling[3]
    _silence(upscaling)
    upscaling.bias[:3] = torch.tensor([-2.0, -2.0, 1.0])  # thresholds of red and blue, and a constant one
    for (red, blue), network in zip(MASKS, decoder.output_hypernetworks_mlps, strict=True):
        last = network.layers[-1]
        _silence(last)
        last.bias[:3] = torch.tensor([float(red), float(blue), -5.0])
