"""gossamer's service without batches: the images of every request go through the network alone."""

import sys
from pathlib import Path

from gossamer.engine import open_engine
from gossamer.inference import Predictor
from gossamer.network import load_model
from gossamer.serve import Served, Service, http_app, listen, run
from gossamer.serve.batches import Answer, Batches, Images


class OneByOne(Batches):
    """No queue."""

    async def answer(self, images: Images) -> list[Answer]:
        """The answers of images (N, H, W, C), at once."""
        return self._answer(images)


def main(path: str, port: str) -> None:
    """Serve the model at `path`."""
    service = Service("model", Predictor(load_model(Path(path)), open_engine("auto")))
    service.batches = OneByOne(service.compute, service.predictor.model.network.multiply_adds, service.limits)
    with listen("127.0.0.1", int(port)) as listener:
        run(Served(service, http_app(service)), listener, drain=0)


if __name__ == "__main__":
    main(*sys.argv[1:])
