"""A folder ready for the Hugging Face hub: the model, an ONNX graph, a model card. Nothing is uploaded."""

import json
from dataclasses import asdict
from importlib.metadata import version

from gossamer.export.torch import module_source
from gossamer.network import Model
from gossamer.setting_words import heading, in_words, shown
from gossamer.study import TrainingImages, words
from gossamer.study.recipe_words import recipe
from gossamer.study.record import Results
from gossamer.web import environment


def huggingface_files(
    model: Model, onnx: bytes, images: TrainingImages, results: Results | None
) -> dict[str, bytes]:
    """The folder's files by name; `results` is the study's results.json, if there is one."""
    card = (
        environment("gossamer.export", heading=heading, shown=shown)
        .get_template("model_card.md.j2")
        .render(
            model=model,
            results=results,
            setting=in_words(results.selection.setting, results.shown_names) if results else None,
            images=images,
            calibrated_on=_calibrated_on(results),
            parts=words.parts(results) if results else None,
            part=words.part(results) if results else None,
            scoring=words.scoring(results) if results else None,
            recipe=recipe(results.selection.setting) if results else None,
            version=version("gossamer"),
            module=module_source(model),
            name=json.dumps(str(model.provenance.get("data", "images")), ensure_ascii=False),
            classes=[json.dumps(each, ensure_ascii=False) for each in model.classes],
        )
    )
    config = {
        "architecture": model.network.words,
        "id2label": {str(label): name for label, name in enumerate(model.classes)},
        "label2id": {name: label for label, name in enumerate(model.classes)},
        "input_shape": list(model.network.input_shape),
        "scaling": asdict(model.scaling),
        "temperature": model.temperature,
        "library_name": "gossamer",
    }
    return {
        "README.md": card.encode(errors="replace"),
        "config.json": (json.dumps(config, indent=2, ensure_ascii=False) + "\n").encode(errors="replace"),
        "model.safetensors": model.to_bytes(),
        "model.onnx": onnx,
    }


def _calibrated_on(results: Results | None) -> str:
    if results is None:
        return "images that it was not trained on"
    return "validation images" if results.final.validation else "out-of-fold predictions"
