# SPDX-License-Identifier: Apache-2.0
"""Which contract versions are really used, by whom, counted as spans and events come in."""
