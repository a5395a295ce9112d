# SPDX-License-Identifier: Apache-2.0
"""The demo: what a newcomer sees first. A made-up company of four legal entities, its last 30 days, and live deals."""
