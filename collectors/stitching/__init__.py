# SPDX-License-Identifier: Apache-2.0
"""Business events -> objects, edges and the transactions they make: judged again from events, only differences written."""
