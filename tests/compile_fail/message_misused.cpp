// SPDX-License-Identifier: Apache-2.0
// SAYS: sealer: these bytes end the message; without them it is none
// SAYS: opener: only this says that the message is whole
// SAYS: before_signature: say why plaintext may be taken before it is verified
// SAYS: key_ref: a temporary is gone before the message is finished; name it first
// SAYS: data_key_lease: keys have one holder; move it, or ask for another one
// SAYS: column: name the lease; it must live on
// SAYS: column: name the lease, or say make_unleased: no lock reaches that
// SAYS: column: a cell is bound to its row, so name it: seal(row, value)
// SAYS: keyring: needs `result<void> check() const`; see keywright/keys/keyring.hpp
// SAYS: content_store: needs `result<void> drop(const content_ref&)`; see keywright/ports/content_store.hpp
// EXPECT: has no non-static data member named || does not refer to any field
// Messages that are not ended, or believed too early; a lease that is copied, or dead before its message or column is; a cell
// without its place; a keyring that no lock reaches, content that is never dropped, an option that is misspelt.
#include <keywright/envelope/column.hpp>
#include <keywright/envelope/message.hpp>
#include <keywright/envelope/opener.hpp>
#include <keywright/envelope/sealer.hpp>
#include <keywright/ports/content_store.hpp>

using namespace keywright;

keys::data_key_lease leased();

struct cache_of_keys {
    result<keys::encryption_materials> on_encrypt(const keys::encryption_context&) const { return fail(errc::unavailable, "test: none"); }
    result<secret_bytes> on_decrypt(const keys::encryption_context&, std::span<const keys::entry_view>) const {
        return fail(errc::not_mine, "test: none");
    }
#ifdef FIXED
    result<void> check() const { return {}; }
#endif
};

struct bucket {
    result<void> create(const ports::content_ref&);
    result<void> rebuild(const ports::content_ref&, const ports::content_ref&, const keys::data_key_lease&, const keys::data_key_lease&,
                         const ports::content_progress&);
    result<void> back_up(const ports::content_ref&, const ports::content_ref&, const ports::content_keys&, instant);
#ifdef FIXED
    result<void> drop(const ports::content_ref&);
#endif
    result<std::vector<ports::content_ref>> list(const tenant_id&, const region_id&, const environment_id&);
};

#ifndef FIXED
const envelope::seal_options how{.sing = true};
void leave_unfinished(envelope::sealer& message) { message.finish(); }
void believe(envelope::opener& message) { message.finish(); }
envelope::open_options at_once() { return {.release = envelope::before_signature{}}; }
auto seal_under_a_temporary() { return envelope::sealer::begin(leased(), {}); }
void copy(const keys::data_key_lease& lease) { keys::data_key_lease second = lease; }
auto column_of_a_temporary(const envelope::keyset& keys) {
    return envelope::column::make({tenant_id{"contoso"}, "t", "c"}, keys, leased());
}
auto column_of_nobody(const envelope::keyset& keys) { return envelope::column::make({tenant_id{"contoso"}, "t", "c"}, keys); }
void cell_anywhere(envelope::column& column, byte_view value) { column.seal(value); }
#else
result<byte_view> end(envelope::sealer& message) { return message.finish(); }
envelope::open_options at_once() { return {.release = envelope::before_signature{"the reader throws it away"}}; }
auto seal(const keys::data_key_lease& lease) { return envelope::sealer::begin(lease, {}); }
auto column_of_nobody(const envelope::keyset& keys) { return envelope::column::make_unleased({tenant_id{"contoso"}, "t", "c"}, keys); }
auto cell(envelope::column& column, byte_view value) { return column.seal("row", value); }
#endif
static_assert(keys::check_keyring<cache_of_keys>());
static_assert(ports::check_content_store<bucket>());
