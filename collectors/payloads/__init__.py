# SPDX-License-Identifier: Apache-2.0
"""Payloads of events, kept apart from them, with a life of their own."""
