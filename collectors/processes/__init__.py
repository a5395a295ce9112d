# SPDX-License-Identifier: Apache-2.0
"""What a business process is: its milestones, how they are reached, how late they may be, and how it ends."""
