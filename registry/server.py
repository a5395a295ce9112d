# SPDX-License-Identifier: Apache-2.0
"""How does the gate talk to a Throughline server? Its own REST under /apis/registry/v1, with nothing but the standard library."""

from terms.problem import ProblemError


class UnreachableError(ProblemError):
    """The server that had to be asked did not answer: there is no answer, which is not a yes."""
