"""The few named exceptions a user can meet.

Each message is one line that says what is wrong, where, what was expected and what to try.
"""


class GossamerError(Exception):
    """Base of every error that gossamer raises on purpose; what was asked made sense but failed."""


class SettingError(GossamerError):
    """A setting, word or option that makes no sense: an unknown key, a value out of range."""


class DataError(GossamerError):
    """A data source, file or image set that is not what it must be."""


class EngineError(GossamerError):
    """An engine or device that this installation or machine does not have."""


class WorkerError(GossamerError):
    """A fit whose worker was lost again and again."""


class ModelFileError(GossamerError):
    """A model file that is damaged or was not written by gossamer."""


class JournalError(GossamerError):
    """A study's journal that cannot be read or written, or whose rows do not match their hashes."""


class ExportError(GossamerError):
    """An export that cannot be made here, or that does not answer as the model does."""


class VerificationError(GossamerError):
    """A study folder that states what its data, its journal and its model do not give."""


class StudyFolderError(GossamerError):
    """A study folder that holds another study or cannot be written."""
