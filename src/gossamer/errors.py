"""The exceptions that users may see.

Each message is one line: what is wrong, where, what was expected, and what to try.
"""


class GossamerError(Exception):
    """Base of all errors that gossamer raises on purpose; also raised for valid requests that fail."""


class SettingError(GossamerError):
    """A setting, word or option is invalid: an unknown key, a value out of range."""


class DataError(GossamerError):
    """A data source, file or set of images is invalid."""


class EngineError(GossamerError):
    """This installation or machine does not have the engine or device."""


class WorkerError(GossamerError):
    """A fit failed because its worker was lost repeatedly."""


class ModelFileError(GossamerError):
    """A model file is damaged or was not written by gossamer."""


class JournalError(GossamerError):
    """A study's journal cannot be read or written, or its rows do not match their hashes."""


class ExportError(GossamerError):
    """An export cannot be made here, or its predictions differ from the model's."""


class VerificationError(GossamerError):
    """A study folder states figures that its data, journal and model do not yield."""


class StudyFolderError(GossamerError):
    """A study folder holds another study or cannot be written."""
