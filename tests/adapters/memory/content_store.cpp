// SPDX-License-Identifier: Apache-2.0
#include <keywright/adapters/memory/content_store.hpp>
#include <keywright/testing/content_store_suite.hpp>

using namespace keywright;

namespace {

struct place {
    memory::content_store store;
    memory::content_store& open() { return store; }
    void put(const ports::content_ref& ref, std::string_view path, byte_view message) {
        REQUIRE(store.put(ref, path, message).has_value());
    }
    result<bytes> get(const ports::content_ref& ref, std::string_view path) { return store.get(ref, path); }
    keys::encryption_context context_of(const ports::content_ref& ref, std::string_view path) {
        return memory::content_store::context_of(ref, path).value();
    }
};

} // namespace

TEST_CASE("memory::content_store: passes the suite") { testing::content_store_suite<place>(); }
