# SPDX-License-Identifier: Apache-2.0
"""What a read of a system raises when it brings nothing back: one error, whatever the system and whatever went wrong."""


class ReadError(Exception):
    """The read failed and may be tried again. `retry_after_s` is the wait the system asked for, if it did."""

    def __init__(self, message: str, retry_after_s: float | None = None, *, missing: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_s = retry_after_s
        self.missing = missing  # the system answered that it has no such record
