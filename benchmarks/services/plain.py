"""FastAPI around PyTorch, as tutorials have it: a pydantic model in, an endpoint, a dictionary out."""

import sys
from pathlib import Path
from typing import Any

import torch
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from gossamer.network import load_model
from gossamer.network.torch_module import module_of


class Image(BaseModel):
    """Rows of pixels."""

    pixels: list[list[int]]


def main(path: str, port: str) -> None:
    """Serve the model at `path`."""
    model = load_model(Path(path))
    module = module_of(model).eval()
    torch.set_num_threads(1)
    app = FastAPI()

    @app.post("/predict")
    async def predict(image: Image) -> dict[str, Any]:
        with torch.inference_mode():
            logits = module(torch.tensor(image.pixels, dtype=torch.float32)[None, None])
            probabilities = torch.softmax(logits, dim=1)[0].tolist()
        best = max(range(len(probabilities)), key=probabilities.__getitem__)
        return {
            "class": model.classes[best],
            "probabilities": dict(zip(model.classes, probabilities, strict=True)),
        }

    uvicorn.run(app, port=int(port), access_log=False, log_level="warning", loop="uvloop", http="httptools")


if __name__ == "__main__":
    main(*sys.argv[1:])
