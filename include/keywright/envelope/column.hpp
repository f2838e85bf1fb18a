// SPDX-License-Identifier: Apache-2.0
// A column of a table whose cells are encrypted: each value is bound to tenant, table, column and row, so that a cell
// copied to another place does not open there. Once a column is encrypted it stays so: there is no way back here, and a
// value in the clear does not open.
// Depends on: envelope/field.
// Use: `auto email = column::make({tenant, "users", "email"}, keys, lease); auto cell = email->seal("4711", value);`
#pragma once

#include <keywright/envelope/field.hpp>

namespace keywright::envelope {

// Associated data: an encryption context as keys/context.hpp serialises it, with the pairs `column`, `row` (not in a
// column for look-ups), `table`, `tenant`.

struct column_name {
    tenant_id tenant;
    std::string_view table;  ///< 1 to 255 bytes
    std::string_view column; ///< 1 to 255 bytes
};
/// The longest name of a row; a primary key as text, or its bytes.
inline constexpr std::size_t longest_row = 1024;

namespace detail {

inline result<void> check_column(const column_name& name) {
    const auto fits = [](std::string_view text) { return !text.empty() && text.size() <= 255; };
    if (fits(name.table) && fits(name.column) && !name.tenant.empty()) return {};
    return fail(errc::misused, "column: expected a tenant, and names of table and column of 1 to 255 bytes");
}
inline void append_pair_text(bytes& out, std::string_view text) {
    append_be(out, static_cast<std::uint16_t>(text.size()));
    append(out, as_bytes(text));
}
inline void append_pair(bytes& out, std::string_view key, std::string_view value) {
    append_pair_text(out, key);
    append_pair_text(out, value);
}

} // namespace detail

/// Cells whose ciphertexts tell nothing but their length. Thread safety: one thread at a time; one per thread is cheap.
class column {
public:
    /// `lease` must outlive it. misused: names out of bounds, or a keyset for look-ups.
    [[nodiscard]] static result<column> make(const column_name& name, const keyset& keys, const keys::data_key_lease& lease) {
        return of(name, keys, field_cipher::make(keys, lease));
    }
    static void make(const column_name&, const keyset&, keys::data_key_lease&&) = delete; // column: name the lease; it must live on
    /// For a keyset that belongs to no environment: no lock reaches it. Fails as `make`.
    [[nodiscard]] static result<column> make_unleased(const column_name& name, const keyset& keys) {
        return of(name, keys, field_cipher::make_unleased(keys));
    }
    static void make(const column_name&, const keyset&) = delete; // column: name the lease, or say make_unleased: no lock reaches that

    /// The cell of `value` in `row` (1 to 1024 bytes). Fails as field_cipher::seal; misused for the row's length.
    [[nodiscard]] result<bytes> seal(std::string_view row, byte_view value) {
        if (auto placed = place(row); !placed) return pass(placed);
        return cipher_.seal(place_, value);
    }
    /// The same into memory of the caller's, `overhead()` longer than the value, else misused.
    [[nodiscard]] result<void> seal(std::string_view row, byte_view value, byte_span out) {
        if (auto placed = place(row); !placed) return placed;
        return cipher_.seal(place_, value, out);
    }
    void seal(byte_view) = delete; // column: a cell is bound to its row, so name it: seal(row, value)
    /// Fails as field_cipher::open.
    [[nodiscard]] result<bytes> open(std::string_view row, byte_view cell) {
        if (auto placed = place(row); !placed) return pass(placed);
        return cipher_.open(place_, cell);
    }
    std::size_t overhead() const noexcept { return cipher_.overhead(); }

private:
    static result<column> of(const column_name& name, const keyset& keys, result<field_cipher>&& cipher) {
        if (auto fit = detail::check_column(name); !fit) return pass(fit);
        if (keys.deterministic()) return fail(errc::misused, "column: a keyset of AES-SIV is for a lookup_column");
        if (!cipher) return pass(cipher);
        return column(name, std::move(*cipher));
    }
    column(const column_name& name, field_cipher&& cipher) : cipher_(std::move(cipher)) {
        append_be(place_, std::uint16_t{4});
        detail::append_pair(place_, "column", name.column);
        detail::append_pair_text(place_, "row");
        row_at_ = place_.size();
        detail::append_pair(behind_row_, "table", name.table);
        detail::append_pair(behind_row_, "tenant", name.tenant.view());
    }
    result<void> place(std::string_view row) {
        if (row.empty() || row.size() > longest_row) return fail(errc::misused, "column: expected the name of a row of 1 to 1024 bytes");
        place_.resize(row_at_);
        detail::append_pair_text(place_, row);
        append(place_, behind_row_);
        return {};
    }

    field_cipher cipher_;
    bytes place_, behind_row_;
    std::size_t row_at_ = 0;
};

/// Cells that can be compared: equal values of a column have equal ciphertexts, whatever their row, so whoever sees the
/// column sees which of its rows are equal. Take it for values that must be found, and that do not repeat much.
/// Thread safety: one thread at a time; one per thread is cheap.
class lookup_column {
public:
    /// misused: names out of bounds, or a keyset that is not of AES-SIV.
    [[nodiscard]] static result<lookup_column> make(const column_name& name, const keyset& keys, const keys::data_key_lease& lease) {
        return of(name, keys, field_cipher::make(keys, lease));
    }
    static void make(const column_name&, const keyset&, keys::data_key_lease&&) = delete; // column: name the lease; it must live on
    /// As column::make_unleased.
    [[nodiscard]] static result<lookup_column> make_unleased(const column_name& name, const keyset& keys) {
        return of(name, keys, field_cipher::make_unleased(keys));
    }

    /// The cell of `value`. Fails as field_cipher::seal.
    [[nodiscard]] result<bytes> seal(byte_view value) { return cipher_.seal(place_, value); }
    /// Fails as field_cipher::open.
    [[nodiscard]] result<bytes> open(byte_view cell) { return cipher_.open(place_, cell); }
    /// Every cell that `value` may stand as: `where column in (…)`. One per enabled key, the primary one's first.
    /// Fails as `seal`.
    [[nodiscard]] result<std::vector<bytes>> look_up(byte_view value) { return cipher_.look_up(place_, value); }
    std::size_t overhead() const noexcept { return cipher_.overhead(); }

private:
    static result<lookup_column> of(const column_name& name, const keyset& keys, result<field_cipher>&& cipher) {
        if (auto fit = detail::check_column(name); !fit) return pass(fit);
        if (!keys.deterministic()) return fail(errc::misused, "column: look-ups need a keyset of AES-SIV");
        if (!cipher) return pass(cipher);
        return lookup_column(name, std::move(*cipher));
    }
    lookup_column(const column_name& name, field_cipher&& cipher) : cipher_(std::move(cipher)) {
        append_be(place_, std::uint16_t{3});
        detail::append_pair(place_, "column", name.column);
        detail::append_pair(place_, "table", name.table);
        detail::append_pair(place_, "tenant", name.tenant.view());
    }

    field_cipher cipher_;
    bytes place_;
};

} // namespace keywright::envelope
