# SPDX-License-Identifier: Apache-2.0
"""Which document proves that two contracts differ? One that one side accepts and the other refuses, as small as can be found."""
