# SPDX-License-Identifier: Apache-2.0
"""Migrations: the tables of every room, from the first version on."""
