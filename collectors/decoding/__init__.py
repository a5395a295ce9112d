# SPDX-License-Identifier: Apache-2.0
"""Bytes of any wire format -> spans and events: the first step of the walk."""
