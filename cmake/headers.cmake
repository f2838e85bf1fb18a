# SPDX-License-Identifier: Apache-2.0
# Every header, by component. Written by `python3 tests/house/header_list.py --write`; a test compares.

set(KEYWRIGHT_POLICY_HEADERS
    include/keywright/core/bytes.hpp
    include/keywright/core/contract.hpp
    include/keywright/core/error.hpp
    include/keywright/core/ids.hpp
    include/keywright/core/inline_list.hpp
    include/keywright/core/result.hpp
    include/keywright/core/time.hpp
    include/keywright/policy/commands.hpp
    include/keywright/policy/decision.hpp
    include/keywright/policy/state.hpp
)

set(KEYWRIGHT_KEYWRIGHT_HEADERS
    include/keywright/adapters/file/durable.hpp
    include/keywright/core/secret_bytes.hpp
    include/keywright/detail/botan_boundary.hpp
    include/keywright/insecure.hpp
    include/keywright/ports/clock.hpp
    include/keywright/ports/key_vault.hpp
    include/keywright/ports/notifier.hpp
    include/keywright/ports/state_store.hpp
)

set(KEYWRIGHT_BYOK_HEADERS
)

set(KEYWRIGHT_SQLITE_HEADERS
)

set(KEYWRIGHT_TESTING_HEADERS
)
