# SPDX-License-Identifier: Apache-2.0
"""Jobs that derive history anew under a changed process or rule."""
