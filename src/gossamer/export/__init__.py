"""A model for elsewhere, in many forms; each is held against the engine before it is written."""

from gossamer.export.kinds import KINDS, Wanted
from gossamer.export.parity import Parity
from gossamer.export.write import Exported, check_kind, export_model

__all__ = ["KINDS", "Exported", "Parity", "Wanted", "check_kind", "export_model"]
