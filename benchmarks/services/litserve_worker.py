"""LitServe around PyTorch, as its documentation has it: one worker, with or without batches."""

import sys
from pathlib import Path
from typing import Any

import litserve
import torch

from gossamer.network import load_model
from gossamer.network.torch_module import module_of


class Classifier(litserve.LitAPI):  # type: ignore[misc] # it has no types
    """The model behind LitServe's four steps."""

    def __init__(self, path: str, batch_size: int) -> None:
        super().__init__(max_batch_size=batch_size, batch_timeout=0.002)
        self._path = path

    def setup(self, device: str) -> None:
        """Load the model."""
        torch.set_num_threads(1)
        self._model = load_model(Path(self._path))
        self._module = module_of(self._model).to(device).eval()

    def decode_request(self, request: dict[str, Any], **_: Any) -> torch.Tensor:
        """Rows of pixels as a tensor (1, H, W)."""
        return torch.tensor(request["pixels"], dtype=torch.float32)[None]

    def predict(self, x: torch.Tensor, **_: Any) -> torch.Tensor:
        """Probabilities of one image or of a batch."""
        images = x if x.ndim == 4 else x[None]
        with torch.inference_mode():
            probabilities = torch.softmax(self._module(images), dim=1)
        return probabilities if x.ndim == 4 else probabilities[0]

    def encode_response(self, output: torch.Tensor, **_: Any) -> dict[str, Any]:
        """The class and the probabilities."""
        classes = self._model.classes
        return {
            "class": classes[int(output.argmax())],
            "probabilities": dict(zip(classes, output.tolist(), strict=True)),
        }


def main(path: str, port: str, batch_size: str = "1") -> None:
    """Serve the model at `path`."""
    server = litserve.LitServer(Classifier(path, int(batch_size)), accelerator="cpu", fast_queue=True)
    server.run(port=int(port), log_level="warning", generate_client_file=False, num_api_servers=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
