"""PyTorch as its tutorials write it."""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from benchmarks.contestants.base import Rows, Setting
from benchmarks.contestants.torch_base import TorchContestant


class ImageDataset(Dataset[tuple[Tensor, int]]):
    """Images by row; each becomes a float tensor as it is asked for."""

    def __init__(self, setting: Setting, rows: Rows) -> None:
        self._pixels, self._labels = setting.pixels[rows], setting.labels[rows]

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = torch.tensor(self._pixels[index], dtype=torch.float32).permute(2, 0, 1) / 255
        return image, int(self._labels[index])


class TorchScript(TorchContestant):
    """Dataset, DataLoader, the usual loop with its running loss."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._learner_for = cache(lambda _: self.learner())

    def training(self, rows: Rows, batch_size: int) -> Callable[[], float]:  # noqa: D102
        learner = self._learner_for(batch_size)
        loader = DataLoader(ImageDataset(self.setting, rows), batch_size, shuffle=True)
        criterion = nn.CrossEntropyLoss()

        def work() -> float:
            running = 0.0
            for inputs, labels in loader:
                learner.adam.zero_grad()
                loss = criterion(learner.module(inputs), labels)
                loss.backward()
                learner.adam.step()
                running += loss.item() * len(labels)
            return running / len(rows)

        return work

    def evaluation(self, rows: Rows, batch_size: int) -> Callable[[], int]:  # noqa: D102
        loader = DataLoader(ImageDataset(self.setting, rows), batch_size)

        def work() -> int:
            correct = 0
            with torch.no_grad():
                for inputs, labels in loader:
                    correct += int((self.classify(inputs).argmax(1) == labels).sum())
            return correct

        return work
