# SPDX-License-Identifier: Apache-2.0
"""How is a check told? One `Report` value, and a file for each way to write it. Last step of walk (b)."""
