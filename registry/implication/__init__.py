# SPDX-License-Identifier: Apache-2.0
"""Does every value of one schema satisfy another? Proofs for the diff: a proof holds for all values, no proof says nothing."""
