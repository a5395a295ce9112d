# SPDX-License-Identifier: Apache-2.0
"""The roof's own verbs, a file each; `controlplane.cli` loads one when it is called."""
