# SPDX-License-Identifier: Apache-2.0
"""The sandbox: stateful stand-ins of four systems, in a process, on a port and with a file of their own."""
