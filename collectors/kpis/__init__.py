# SPDX-License-Identifier: Apache-2.0
"""KPIs: their definitions, the samples transactions leave, and the figures made of them. The shipped YAML lies beside."""
