# SPDX-License-Identifier: Apache-2.0
"""What do the forms of contract pages ask for? Their mutations; whatever is expected to go wrong comes as an answer."""

_REFUSALS = """
    ... on ContractRefused { kind message where next }
    ... on ContractNotFound { message }
"""

_INCOMPATIBLE = """
    ... on ContractIncompatible { verdict { status findings { level what } } }
"""

CHANGE_LIFECYCLE = f"""
mutation ChangeLifecycle($input: ChangeLifecycleInput!) {{
  changeLifecycle(input: $input) {{
    __typename
    ... on LifecycleChanged {{ alreadyThere version {{ semver lifecycle }} }}
{_REFUSALS}{_INCOMPATIBLE}
  }}
}}
"""

DELETE_VERSION = f"""
mutation DeleteVersion($input: VersionInput!) {{
  deleteVersion(input: $input) {{
    __typename
    ... on VersionDeleted {{ alreadyDone }}
{_REFUSALS}
  }}
}}
"""

RESTORE_VERSION = f"""
mutation RestoreVersion($input: VersionInput!) {{
  restoreVersion(input: $input) {{
    __typename
    ... on VersionRestored {{ alreadyDone }}
{_REFUSALS}
  }}
}}
"""

APPROVE_FINDING = f"""
mutation ApproveFinding($input: ApproveFindingInput!) {{
  approveFinding(input: $input) {{
    __typename
    ... on FindingApproved {{ fingerprint }}
{_REFUSALS}
  }}
}}
"""

WITHDRAW_APPROVAL = """
mutation WithdrawApproval($input: WithdrawApprovalInput!) {
  withdrawApproval(input: $input) {
    __typename
    ... on ApprovalWithdrawn { alreadyGone }
    ... on ContractRefused { kind message where next }
  }
}
"""

REGISTER_CONTRACT = f"""
mutation RegisterContract($input: RegisterContractInput!) {{
  registerContract(input: $input) {{
    __typename
    ... on ContractRegistered {{ alreadyThere contract {{ subject }} version {{ semver number lifecycle }} }}
    ... on DraftUnreadable {{ problems {{ what where next }} }}
{_REFUSALS}{_INCOMPATIBLE}
  }}
}}
"""
