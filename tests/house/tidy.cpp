// SPDX-License-Identifier: Apache-2.0
// What clang-tidy reads: every header there is, and the service with each set of adapters, so that its templates have
// bodies to look into.
#include <all_headers.hpp>

namespace keywright {

template class tenant_service<profiles::power_platform, memory::state_store, memory::key_vault, memory::manual_clock, memory::notifier,
                              memory::content_store>;
template class tenant_service<profiles::power_platform, sqlite::state_store, file::key_vault, system_clock, file::outbox,
                              file::content_store>;

} // namespace keywright
