# SPDX-License-Identifier: Apache-2.0
"""What people decided about objects, which wins over every rule."""
