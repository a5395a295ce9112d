# SPDX-License-Identifier: Apache-2.0
"""The query bar: its text, its words, and how it may go on."""
