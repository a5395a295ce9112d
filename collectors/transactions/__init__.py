# SPDX-License-Identifier: Apache-2.0
"""Transactions as people read them: lists, stories, facets, what stands beside one."""
