# SPDX-License-Identifier: Apache-2.0
"""The Confluent-compatible REST at /apis/ccompat/v7, so that existing clients and serializers need no change (docs/confluent.md)."""
