"""A tiny OwlV2 with random weights, always the same; every patch proposes one box, of a fixed size."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    CLIPTokenizerFast,
    Owlv2Config,
    Owlv2ForObjectDetection,
    Owlv2ImageProcessor,
    Owlv2Processor,
)

SIDE, PATCH = 288, 16  # 324 patches: the server takes the 300 best proposals, and breaks on fewer
SEED = 1
START, END, PADDING = "<|startoftext|>", "<|endoftext|>", "!"
SMALL = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}


def make(folder: Path) -> None:
    """Writes model and processor in Hugging Face's layout."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    tokenizer = _tokenizer(folder)
    text = {
        **SMALL,
        "vocab_size": len(tokenizer),
        "max_position_embeddings": 16,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.convert_tokens_to_ids(START),
        "eos_token_id": tokenizer.convert_tokens_to_ids(END),
    }
    vision = {**SMALL, "image_size": SIDE, "patch_size": PATCH}
    config = Owlv2Config(text_config=text, vision_config=vision, projection_dim=32)
    model = Owlv2ForObjectDetection(config).eval()
    with torch.no_grad():
        # The same proposal everywhere, but for the patch's place; no patch stands out.
        model.box_head.dense2.weight.zero_()
        model.box_head.dense2.bias.copy_(torch.tensor([0.0, 0.0, 1.6, 1.6]))
        model.objectness_head.dense2.weight.zero_()
        model.objectness_head.dense2.bias.zero_()
        for name, values in model.named_parameters():
            if "patch_embedding" in name:
                values.mul_(8.0)  # so that patches of different colour differ enough
    model.save_pretrained(folder)
    images = Owlv2ImageProcessor(size={"height": SIDE, "width": SIDE})
    Owlv2Processor(image_processor=images, tokenizer=tokenizer).save_pretrained(folder)


def _tokenizer(folder: Path) -> CLIPTokenizerFast:
    alphabet = sorted(ByteLevel.alphabet())
    words = [*alphabet, *(letter + "</w>" for letter in alphabet), START, END]
    vocabulary = {word: index for index, word in enumerate(words)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizerFast(vocab=vocabulary, merges=[], pad_token=PADDING, model_max_length=16)
