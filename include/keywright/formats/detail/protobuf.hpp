// SPDX-License-Identifier: Apache-2.0
// The wire format of Protocol Buffers, as far as a Tink keyset needs it: numbers and length-delimited fields of a
// message in memory, read in place. Three small messages are no reason to make every consumer link a code generator.
// Depends on: core. Use: `for (proto_field f; reader.next(f);) if (f.number == 2) …; if (reader.damaged()) …`
#pragma once

#include <keywright/core/bytes.hpp>

#include <cstdint>

namespace keywright::formats::detail {

/// One field. `value` of a number, `data` of a length-delimited one; `is_data` tells which.
struct proto_field {
    std::uint32_t number = 0;
    bool is_data = false;
    std::uint64_t value = 0;
    byte_view data;
};

/// Walks the fields of one message, in order. Fixed-width fields are passed over; groups are damage.
class proto_reader {
public:
    explicit proto_reader(byte_view in) noexcept : in_(in) {}

    /// False at the end, and when something does not decode: `damaged` tells.
    bool next(proto_field& field) {
        while (!in_.empty() && !damaged_) {
            const std::uint64_t key = varint();
            if (damaged_ || key >> 3 == 0 || key >> 3 > 0x1fffffff) return stop();
            field = {static_cast<std::uint32_t>(key >> 3), false, 0, {}};
            switch (key & 7) {
            case 0: field.value = varint(); return !damaged_;
            case 1: (void)take(8); break;
            case 2:
                field.is_data = true;
                field.data = take(varint());
                return !damaged_;
            case 5: (void)take(4); break;
            default: return stop();
            }
        }
        return false;
    }
    bool damaged() const noexcept { return damaged_; }

private:
    bool stop() noexcept {
        damaged_ = true;
        return false;
    }
    byte_view take(std::uint64_t size) noexcept {
        if (damaged_ || size > in_.size()) {
            damaged_ = true;
            return {};
        }
        const byte_view taken = in_.first(static_cast<std::size_t>(size));
        in_ = in_.subspan(taken.size());
        return taken;
    }
    std::uint64_t varint() noexcept {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const byte_view one = take(1);
            if (damaged_) return 0;
            value |= std::uint64_t{one[0] & 0x7fu} << shift;
            if (one[0] < 0x80) {
                if (shift == 63 && one[0] > 1) damaged_ = true;
                return value;
            }
        }
        damaged_ = true;
        return 0;
    }

    byte_view in_;
    bool damaged_ = false;
};

/// Writes fields behind each other into any vector of bytes, such as one that wipes itself.
template <class Bytes>
class proto_writer {
public:
    explicit proto_writer(Bytes& out) noexcept : out_(out) {}

    /// A number; zero, the default, is left out.
    void number(std::uint32_t field, std::uint64_t value) {
        if (value == 0) return;
        varint(field << 3);
        varint(value);
    }
    void data(std::uint32_t field, byte_view value) {
        varint((field << 3) | 2);
        varint(value.size());
        out_.insert(out_.end(), value.begin(), value.end());
    }

private:
    void varint(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<std::uint8_t>(value | 0x80));
        out_.push_back(static_cast<std::uint8_t>(value));
    }
    Bytes& out_;
};

} // namespace keywright::formats::detail
