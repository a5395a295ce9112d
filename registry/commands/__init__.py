# SPDX-License-Identifier: Apache-2.0
"""The verbs of `throughline contracts`, a file each; `registry.cli` joins them. Each loads what it needs when it is called."""
