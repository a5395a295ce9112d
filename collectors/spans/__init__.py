# SPDX-License-Identifier: Apache-2.0
"""Spans as they are stored, found and read."""
