# SPDX-License-Identifier: Apache-2.0
"""Our own REST of the registry at /apis/registry/v1: one file a noun, all rows in `rows.py`."""
