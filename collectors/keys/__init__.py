# SPDX-License-Identifier: Apache-2.0
"""What is wrong with business keys: findings, kept and told as the key-quality report."""
