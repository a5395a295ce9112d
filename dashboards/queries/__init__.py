# SPDX-License-Identifier: Apache-2.0
"""What do the pages ask? Every GraphQL document of this room, a module for each noun. A test holds each against the printed schema.

Names that end with `_PARTS` are fragments, which several documents share.
"""

from dashboards.queries.comparison import *  # noqa: F403
from dashboards.queries.contract import *  # noqa: F403
from dashboards.queries.contract_change import *  # noqa: F403
from dashboards.queries.deployment import *  # noqa: F403
from dashboards.queries.exception import *  # noqa: F403
from dashboards.queries.frame import *  # noqa: F403
from dashboards.queries.kpi import *  # noqa: F403
from dashboards.queries.line import *  # noqa: F403
from dashboards.queries.policy import *  # noqa: F403
from dashboards.queries.reading import *  # noqa: F403
from dashboards.queries.source import *  # noqa: F403
from dashboards.queries.span import *  # noqa: F403
from dashboards.queries.story import *  # noqa: F403
from dashboards.queries.transaction_list import *  # noqa: F403

ALL = {
    name: document
    for name, document in globals().items()
    if isinstance(document, str)
    and name.isupper()
    and not name.startswith("_")
    and not name.endswith("_PARTS")
}
