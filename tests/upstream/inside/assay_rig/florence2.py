"""A tiny Florence-2 that knows two pictures and a few tasks.

Vision tower and embeddings are random. The decoder is a next-token table made by hand: every token of the
answers occurs in one place only, so each has one successor. Which answer begins is a linear read-out of the
encoder's state, fitted to the known pairs of task and picture. For other pictures the answer is whatever the
read-out comes nearest to.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from PIL import Image
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    CLIPImageProcessor,
    Florence2Config,
    Florence2ForConditionalGeneration,
    Florence2Processor,
    GenerationConfig,
    PreTrainedTokenizerFast,
)

SEED = 0
SIDE, WIDTH = 192, 128  # the picture in pixels; the decoder's state
BOS, PAD, EOS, UNKNOWN = 0, 1, 2, 3
MARKS = {
    "bos_token_id": BOS,
    "eos_token_id": EOS,
    "pad_token_id": PAD,
    "decoder_start_token_id": EOS,
    "forced_bos_token_id": BOS,
    "forced_eos_token_id": EOS,
}
ANSWERS = {
    ("<CAPTION>", "two"): "a red square next to one blue box",
    ("<CAPTION>", "blank"): "an empty grey background",
    ("<DETAILED_CAPTION>", "two"): "The image shows two bright shapes on plain paper",
    ("<DETAILED_CAPTION>", "blank"): "There is nothing here",
    ("<MORE_DETAILED_CAPTION>", "two"): (
        "This picture contains several coloured rectangles placed over neutral canvas without any text"
    ),
    ("<MORE_DETAILED_CAPTION>", "blank"): "Nobody could see anything inside that frame",
    ("<OCR>", "two"): "STOP",
    (
        "<OD>",
        "two",
    ): "dog <loc_126> <loc_127> <loc_251> <loc_252> cat <loc_625> <loc_626> <loc_750> <loc_751>",
}
FIRST_WORDS = ("dog", "cat")  # of <OD>'s labels: their tokens have no space in front


def make(folder: Path, pictures: Path) -> None:
    """Writes model and processor in Hugging Face's layout, fitted to two.jpg and blank.jpg.

    Raises:
        RuntimeError: The finished model does not give the answers above.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(SEED)
    tokenizer = _tokenizer()
    model = Florence2ForConditionalGeneration(_config(tokenizer)).eval()
    processor = _processor(tokenizer)
    with torch.no_grad():
        embeddings = _make_decoder_remember_one_token_only(model)
        _write_answers(model, embeddings, processor, pictures)
    model.generation_config = GenerationConfig(
        num_beams=3, no_repeat_ngram_size=3, early_stopping=True, max_length=1024, **MARKS
    )
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    _check(folder, processor, pictures)


def _tokenizer() -> PreTrainedTokenizerFast:
    words = Tokenizer(models.BPE(unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.decoder = decoders.ByteLevel()
    texts = [answer for answer in ANSWERS.values() if "<loc" not in answer] + [" ".join(FIRST_WORDS)]
    frequent = [*FIRST_WORDS, *(f" {word}" for word in FIRST_WORDS)]
    trainer = trainers.BpeTrainer(
        vocab_size=2000,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    words.train_from_iterator([text for text in texts for _ in range(200)] + frequent * 200, trainer)
    words.post_processor = processors.RobertaProcessing(
        ("</s>", EOS), ("<s>", BOS), trim_offsets=True, add_prefix_space=False
    )
    places = [f"<loc_{place}>" for place in range(1000)]
    words.add_tokens(
        [
            *places,
            "<od>",
            "</od>",
            "<ocr>",
            "</ocr>",
            "<cap>",
            "</cap>",
            "<poly>",
            "</poly>",
            "<sep>",
            "<and>",
        ]
    )
    words.add_special_tokens(["<image>"])
    return PreTrainedTokenizerFast(
        tokenizer_object=words,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
        cls_token="<s>",
        sep_token="</s>",
        model_max_length=1024,
        extra_special_tokens={"image_token": "<image>"},
    )


def _config(tokenizer: PreTrainedTokenizerFast) -> Florence2Config:
    text = {
        "model_type": "bart",
        "vocab_size": len(tokenizer),
        "d_model": WIDTH,
        "encoder_layers": 1,
        "decoder_layers": 1,
        "encoder_attention_heads": 4,
        "decoder_attention_heads": 4,
        "encoder_ffn_dim": 64,
        "decoder_ffn_dim": 64,
        "max_position_embeddings": 1024,
        "dropout": 0.0,
        "tie_word_embeddings": False,
        **MARKS,
    }
    vision = {
        "depths": (1, 1, 1, 1),
        "embed_dim": (16, 16, 32, 32),
        "num_heads": (2, 2, 2, 2),
        "num_groups": (2, 2, 2, 2),
        "projection_dim": WIDTH,
        "window_size": 12,
        "drop_path_rate": 0.0,
    }
    marks = {name: value for name, value in MARKS.items() if not name.startswith("forced")}
    image = tokenizer.convert_tokens_to_ids("<image>")
    return Florence2Config(
        text_config=text, vision_config=vision, image_token_id=image, tie_word_embeddings=False, **marks
    )


def _processor(tokenizer: PreTrainedTokenizerFast) -> Florence2Processor:
    size = {"height": SIDE, "width": SIDE}
    images = CLIPImageProcessor(
        size=size,
        crop_size=size,
        do_center_crop=False,
        image_mean=[0.485, 0.456, 0.406],
        image_std=[0.229, 0.224, 0.225],
        resample=3,
    )
    images.image_seq_length = (SIDE // 32) ** 2 + 1
    place = r"<loc_(\d+)>"
    parsers = ("pure_text", "description_with_bboxes", "description_with_polygons", "polygons", "bboxes")
    post_processing = {
        "ocr": {"pattern": "(.+?)" + place * 8, "area_threshold": 0.0},
        "phrase_grounding": {"banned_grounding_tokens": ["it", "the image"]},
        **{name: {} for name in (*parsers, "description_with_bboxes_or_polygons")},
    }
    return Florence2Processor(image_processor=images, tokenizer=tokenizer, post_processor_config=post_processing)


def _make_decoder_remember_one_token_only(model: Florence2ForConditionalGeneration) -> torch.Tensor:
    """Embeddings become random signs, and every layer passes on what it gets. Returns the embeddings."""
    language = model.model.language_model
    encoder, decoder = language.encoder, language.decoder
    embeddings = torch.randint(0, 2, tuple(language.shared.weight.shape)).float() * 2 - 1
    for table in (language.shared, encoder.embed_tokens, decoder.embed_tokens):
        table.weight.copy_(embeddings)
    for positions in (encoder.embed_positions, decoder.embed_positions):
        positions.weight.zero_()
    attention = decoder.layers[0].encoder_attn
    silent = [attention.q_proj, attention.k_proj, attention.v_proj, attention.out_proj]
    for layer in (*encoder.layers, *decoder.layers):
        silent += [layer.self_attn.out_proj, layer.fc2]
    for linear in silent:
        linear.weight.zero_()
        linear.bias.zero_()
    attention.v_proj.weight.copy_(torch.eye(WIDTH))
    return embeddings


def _write_answers(
    model: Florence2ForConditionalGeneration,
    embeddings: torch.Tensor,
    processor: Florence2Processor,
    pictures: Path,
) -> None:
    """Fills the next-token table, and fits the read-out that chooses an answer's first token."""
    tokenizer = processor.tokenizer
    head = torch.zeros(len(tokenizer), WIDTH)
    states: list[torch.Tensor] = []
    codes: list[torch.Tensor] = []
    beginnings: dict[int, torch.Tensor] = {}
    for (task, picture), answer in ANSWERS.items():
        tokens = list(_tokens(tokenizer, answer))
        for token, successor in zip(tokens, [*tokens[1:], EOS], strict=True):
            head[successor] += embeddings[token]
        inputs = processor(text=[task], images=[_open(pictures, picture)], return_tensors="pt")
        state = model.model(**inputs, decoder_input_ids=torch.tensor([[EOS]])).encoder_last_hidden_state[0].mean(0)
        if tokens[0] not in beginnings:
            code = torch.randn(WIDTH)
            beginnings[tokens[0]] = code * (8 / code.norm())
        states.append(state)
        codes.append(beginnings[tokens[0]])
    known, wanted = torch.stack(states, 1), torch.stack(codes, 1)  # WIDTH x pairs
    read_out = torch.linalg.solve(known.T @ known + 1e-3 * torch.eye(known.shape[1]), known.T)
    model.model.language_model.decoder.layers[0].encoder_attn.out_proj.weight.copy_(wanted @ read_out)
    for token, code in beginnings.items():
        head[token] += embeddings[BOS] + 1.5 * code
    model.lm_head.weight.copy_(head)


def _tokens(tokenizer: PreTrainedTokenizerFast, answer: str) -> Iterator[int]:
    for index, word in enumerate(answer.split()):
        bare = index == 0 or word == "cat" or word.startswith("<loc")
        token = tokenizer.convert_tokens_to_ids(word if bare else f"\u0120{word}")  # the byte-level mark of a space
        if token in (None, UNKNOWN):
            raise RuntimeError(f"{word!r} of {answer!r} is no single token")
        yield token


def _open(pictures: Path, name: str) -> Image.Image:
    return Image.open(pictures / f"{name}.jpg").convert("RGB")


def _check(folder: Path, processor: Florence2Processor, pictures: Path) -> None:
    model = Florence2ForConditionalGeneration.from_pretrained(folder, dtype=torch.bfloat16).eval()
    for (task, picture), answer in ANSWERS.items():
        inputs = processor(text=[task], images=[_open(pictures, picture)], return_tensors="pt").to(
            "cpu", torch.bfloat16
        )
        said = model.generate(**inputs, max_length=40, num_beams=3)
        text = processor.tokenizer.batch_decode(said, skip_special_tokens=True)[0]
        if text.replace(" ", "") != answer.replace(" ", ""):
            raise RuntimeError(f"for {task} and {picture}.jpg the model says {text!r} and not {answer!r}")
