# SPDX-License-Identifier: Apache-2.0
"""What does every page ask for? Who looks, and what this installation is."""

FRAME_PARTS = """
fragment Frame on Query {
  me { name roles permissions }
  instance { version demo sandboxUrl legalEntities systems { name role } now }
}
"""

FRAME = (
    """
query OnlyFrame {
  ...Frame
}
"""
    + FRAME_PARTS
)
