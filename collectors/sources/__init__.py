# SPDX-License-Identifier: Apache-2.0
"""Where spans and events come from, how far each has told, and what came of it."""
