# SPDX-License-Identifier: Apache-2.0
"""Which span carries which business event: rules in YAML, what they make of spans, and rules proposed for unknown ones."""
