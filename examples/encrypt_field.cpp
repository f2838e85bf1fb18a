// SPDX-License-Identifier: Apache-2.0
// Fields of a table, each sealed for its place. `iban` is bound to its row: equal values look different, and a cell that
// is copied to another row does not open there. `email` is for equality look-ups by SQL itself: equal values look equal.
// The database, its backups and its administrator see neither. In a service the lease and the keysets come from
// `svc.environment(ring, prod, alice).fields(access::read_write)`; that the lease dies with a lock is the same there.
#include <keywright/adapters/sqlite/database.hpp>
#include <keywright/envelope/column.hpp>
#include <keywright/throwing.hpp>

#include <cstdio>

using namespace keywright;
using envelope::field_suite, envelope::keyset;

namespace {

class customers {
public:
    customers(const tenant_id& tenant, const keyset& hidden, const keyset& searchable, const keys::data_key_lease& lease)
        : iban_(or_throw(envelope::column::make({tenant, "customer", "iban"}, hidden, lease))),
          email_(or_throw(envelope::lookup_column::make({tenant, "customer", "email"}, searchable, lease))) {}

    void add(const sqlite::connection& db, std::string_view id, std::string_view email, std::string_view iban) {
        const bytes email_cell = or_throw(email_.seal(as_bytes(email)));
        const bytes iban_cell = or_throw(iban_.seal(id, as_bytes(iban)));
        const auto insert =
            or_throw(sqlite::statement::prepare(db, "INSERT INTO customer VALUES (?, ?, ?)", "customers: expected the table"));
        or_throw(sqlite::query(insert, "customers: expected a new id").bind(1, id).bind(2, email_cell).bind(3, iban_cell).finish());
    }
    result<bytes> iban_of(const sqlite::connection& db, std::string_view email) {
        const auto cells = email_.look_up(as_bytes(email)); // one for each key of the keyset: also while it is rotated
        if (!cells) return pass(cells);
        const auto select =
            sqlite::statement::prepare(db, "SELECT id, iban FROM customer WHERE email = ?", "customers: expected the table");
        if (!select) return pass(select);
        for (const bytes& cell : *cells) {
            sqlite::query found(*select, "customers: expected to search the table");
            const auto row = found.bind(1, cell).step();
            if (!row) return pass(row);
            if (*row) return iban_.open(as_text(found.column_bytes(0)), found.column_bytes(1));
        }
        return fail(errc::not_found, "customers: nobody has this address");
    }

private:
    envelope::column iban_;
    envelope::lookup_column email_;
};

void tell(const char* what, const result<bytes>& iban) {
    std::printf("%-36s%s\n", what, iban ? std::string(as_text(*iban)).c_str() : iban.error().text);
}

} // namespace

int main() {
    const auto watch = std::make_shared<keys::epoch_watch>(1);
    std::vector<keys::leased_key> key; // what a service unwraps with the customer's key
    key.push_back({{environment_id{"prod"}, keys::data_purpose::field, 1}, or_throw(keys::random_secret()), true, 1'000'000});
    const auto lease = or_throw(keys::data_key_lease::grant(watch, 1, std::move(key)));
    const auto hidden = or_throw(keyset::generate(field_suite::aes256_gcm_siv));
    auto searchable = or_throw(keyset::generate(field_suite::aes256_siv));

    const auto db = or_throw(sqlite::connection::open(":memory:", SQLITE_OPEN_READWRITE, seconds{1}));
    or_throw(db.run("CREATE TABLE customer (id BLOB PRIMARY KEY, email BLOB UNIQUE, iban BLOB)", "customers: expected a new table"));
    customers table(tenant_id{"contoso"}, hidden, searchable, lease);
    table.add(db, "1001", "ada@example.com", "DE89 3704 0044 0532 0130 00");
    table.add(db, "1002", "bob@example.com", "GB29 NWBK 6016 1331 9268 19");
    tell("ada has", table.iban_of(db, "ada@example.com"));
    tell("eve has", table.iban_of(db, "eve@example.com"));

    or_throw(searchable.rotate(field_suite::aes256_siv)); // new cells under a new key; the old ones are still found
    customers rotated(tenant_id{"contoso"}, hidden, searchable, lease);
    tell("ada, after a rotation", rotated.iban_of(db, "ada@example.com"));

    or_throw(db.run("UPDATE customer AS c SET iban = (SELECT iban FROM customer WHERE id <> c.id)", "customers: expected to copy cells"));
    tell("ada, with bob's cell in her row", table.iban_of(db, "ada@example.com"));
    watch->raise(2);
    tell("bob, after a lock", table.iban_of(db, "bob@example.com"));
}
