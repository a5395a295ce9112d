# SPDX-License-Identifier: Apache-2.0
"""What does the page of deployments ask for? What runs where, and what may go there."""

from dashboards.queries.frame import FRAME_PARTS

_DEPLOYABILITY = """
fragment DeployParts on Deployability {
  answer application version environment policy compared
  reasons { kind weight what next subject application applicationVersion findings { rule what pointerOld pointerNew why fix } }
}
"""

DEPLOYMENTS = (
    """
query Deployments {
  ...Frame
  environments { name after rule }
  deployments { application version environment deployedAt promotion { answer environment } }
}
"""
    + FRAME_PARTS
)

CAN_I_DEPLOY = (
    """
query MayGo($application: String!, $version: String!, $to: String!, $policy: String, $isFirst: Boolean!) {
  canIDeploy(application: $application, version: $version, to: $to, policy: $policy, isFirst: $isFirst) { ...DeployParts }
}
"""
    + _DEPLOYABILITY
)
