// SPDX-License-Identifier: Apache-2.0
// SAYS: content_store: needs `result<void> rebuild(const content_ref& from, const content_ref& to, const keys::data_key_lease& opens, const keys::data_key_lease& seals, const content_progress&)`; see keywright/ports/content_store.hpp
#include <keywright/ports/content_store.hpp>

using namespace keywright;

struct bucket {
    result<void> create(const ports::content_ref&);
#ifdef FIXED
    result<void> rebuild(const ports::content_ref&, const ports::content_ref&, const keys::data_key_lease&, const keys::data_key_lease&,
                         const ports::content_progress&);
#endif
    result<void> duplicate(const ports::content_ref&, const ports::content_ref&);
    result<void> drop(const ports::content_ref&);
    result<std::vector<ports::content_ref>> list(const tenant_id&, const region_id&, const environment_id&);
};
static_assert(ports::check_content_store<bucket>());
