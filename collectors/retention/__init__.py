# SPDX-License-Identifier: Apache-2.0
"""How long spans are kept, and where they go: events, edges and decisions outlive them."""
