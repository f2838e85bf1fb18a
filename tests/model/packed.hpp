// SPDX-License-Identifier: Apache-2.0
// A sketch in 32 bytes, in its canonical form: of all sketches that differ only in what interchangeable keys and
// environments are called, one. Each key and each environment is sorted by everything that is said of it.
// Depends on: sketch.
#pragma once

#include "sketch.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace keywright::model {

struct packed {
    std::array<std::uint64_t, 4> words{};
    friend bool operator==(const packed&, const packed&) = default;
    friend auto operator<=>(const packed&, const packed&) = default;
};

/// Mixes all bits; from splitmix64's finaliser.
inline std::uint64_t hash_of(const packed& p) {
    std::uint64_t h = 0x9E3779B97F4A7C15U;
    for (const std::uint64_t word : p.words) {
        h ^= word;
        h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9U;
        h = (h ^ (h >> 27)) * 0x94D049BB133111EBU;
        h ^= h >> 31;
    }
    return h;
}

namespace detail {

/// Writes fields of a few bits, or reads them back in the same order.
class bit_writer {
public:
    void operator()(const auto& value, unsigned bits) {
        const auto v = static_cast<std::uint64_t>(value);
        const unsigned at = used_ % 64;
        out.words[used_ / 64] |= v << at;
        if (at + bits > 64) out.words[used_ / 64 + 1] |= v >> (64 - at);
        used_ += bits;
    }
    packed out;

private:
    unsigned used_ = 0;
};
class bit_reader {
public:
    explicit bit_reader(const packed& from) : from_(from) {}
    template <class T>
    void operator()(T& value, unsigned bits) {
        const unsigned at = used_ % 64;
        std::uint64_t v = from_.words[used_ / 64] >> at;
        if (at + bits > 64) v |= from_.words[used_ / 64 + 1] << (64 - at);
        value = static_cast<T>(v & ((std::uint64_t{1} << bits) - 1));
        used_ += bits;
    }

private:
    const packed& from_;
    unsigned used_ = 0;
};

template <class Bits, class Environment>
void environment_fields(Bits& bits, Environment& e) {
    bits(e.is, 2), bits(e.customer, 1), bits(e.early, 1), bits(e.operation, 4), bits(e.lock, 3), bits(e.found_due, 2);
}
template <class Bits, class Activation>
void activation_fields(Bits& bits, Activation& a) {
    bits(a.by, 2), bits(a.before, 2), bits(a.told, 1), bits(a.newcomers, 2);
}
/// 102 bits.
template <class Bits, class Ring>
void ring_fields(Bits& bits, Ring& r) {
    for (auto& key : r.keys) bits(key, 3);
    for (auto& e : r.environments) environment_fields(bits, e);
    bits(r.backup.there, 1), bits(r.backup.environment, 2), bits(r.backup.customer, 1);
    bits(r.backup.earlier_key, 1), bits(r.backup.earlier_era, 1), bits(r.backup.lost, 1);
    bits(r.self_managed, 1), bits(r.ever_activated, 1), bits(r.import_key, 1), bits(r.unlocks, 1), bits(r.locking, 1);
    bits(r.installing_late, 1), bits(r.requested_late, 1), bits(r.applied_late, 1), bits(r.effective, 2), bits(r.hold, 2);
    bits(r.lock_count, 3);
    for (auto& lock : r.locks) bits(lock, 2);
    activation_fields(bits, r.attempt), activation_fields(bits, r.activation), bits(r.told_late, 1);
    bits(r.request.by, 2), bits(r.request.key, 2), bits(r.request.late, 1);
    bits(r.vote, 2), bits(r.ever_effective, 1), bits(r.ever_applied, 1);
}
template <class Bits, class Sketch>
void sketch_fields(Bits& bits, Sketch& s) {
    for (auto& ring : s.rings) ring_fields(bits, ring);
    for (auto& there : s.elsewhere) bits(there, 1);
    for (auto& there : s.present) bits(there, 1);
    bits(s.feature_on, 1);
}

} // namespace detail

inline packed pack(const sketch& s) {
    detail::bit_writer bits;
    detail::sketch_fields(bits, s);
    return bits.out;
}
inline sketch unpack(const packed& p) {
    sketch s;
    detail::bit_reader bits(p);
    detail::sketch_fields(bits, s);
    return s;
}

} // namespace keywright::model
