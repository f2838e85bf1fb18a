// SPDX-License-Identifier: Apache-2.0
// The signature of a message, for suites that have one: made by a key that only this message knows, whose public half
// stands in the context, and so is proven by the header's tag. It shows who holds a recipient's key from who may write.
// Depends on: envelope/suite, core, Botan (ECDSA).
#pragma once

#include <keywright/core/algorithms.hpp>
#include <keywright/core/bytes.hpp>
#include <keywright/detail/botan_boundary.hpp>
#include <keywright/envelope/suite.hpp>

#include <botan/base64.h>
#include <botan/ec_apoint.h>
#include <botan/ec_group.h>
#include <botan/ecdsa.h>
#include <botan/pubkey.h>
#include <botan/system_rng.h>

#include <memory>
#include <string>

namespace keywright::envelope {

// Footer, behind the last frame, big-endian: u16 n, n bytes of signature in DER (ECDSA-Sig-Value), over all bytes of
// header and body. Context pair `aws-crypto-public-key`: base64 of the compressed point.

inline constexpr std::string_view verification_key_name = "aws-crypto-public-key";
/// The longest footer that is taken: no curve here has a longer signature in DER.
inline constexpr std::size_t longest_footer = 2 + 104;

namespace detail {

inline const char* curve_of(signature_scheme scheme) {
    return scheme == signature_scheme::ecdsa_p256_sha256 ? approved<"secp256r1"> : approved<"secp384r1">;
}
inline const char* hash_of(signature_scheme scheme) {
    return scheme == signature_scheme::ecdsa_p256_sha256 ? approved<"SHA-256"> : approved<"SHA-384">;
}

} // namespace detail

/// Signs one message that is being written. Thread safety: one thread at a time.
class message_signer {
public:
    /// With a fresh key. unavailable: the system's generator failed.
    [[nodiscard]] static result<message_signer> make(signature_scheme scheme) {
        return keywright::detail::botan_boundary(errc::unavailable, "message: no signing key could be made", [scheme] {
            message_signer made;
            made.key_ =
                std::make_unique<Botan::ECDSA_PrivateKey>(Botan::system_rng(), Botan::EC_Group::from_name(detail::curve_of(scheme)));
            made.key_->set_point_encoding(Botan::EC_Point_Format::Compressed);
            made.signer_ = std::make_unique<Botan::PK_Signer>(*made.key_, Botan::system_rng(), detail::hash_of(scheme),
                                                              Botan::Signature_Format::DerSequence);
            return made;
        });
    }
    /// What the context must say.
    std::string verification_key() const { return Botan::base64_encode(key_->raw_public_key_bits()); }
    /// The message's next bytes.
    void update(byte_view data) { signer_->update(data); }
    /// The footer: u16 length, big-endian, and the signature in DER. internal: Botan failed.
    [[nodiscard]] result<bytes> finish() {
        return keywright::detail::botan_boundary(errc::internal, "message: it could not be signed", [this] {
            const auto signature = signer_->signature(Botan::system_rng());
            bytes footer;
            append_be(footer, static_cast<std::uint16_t>(signature.size()));
            append(footer, signature);
            return footer;
        });
    }

private:
    message_signer() = default;
    std::unique_ptr<Botan::ECDSA_PrivateKey> key_;
    std::unique_ptr<Botan::PK_Signer> signer_;
};

/// Verifies one message that is being read. Thread safety: one thread at a time.
class message_verifier {
public:
    /// `verification_key` as the context has it. malformed: no point of the suite's curve.
    [[nodiscard]] static result<message_verifier> make(signature_scheme scheme, std::string_view verification_key) {
        return keywright::detail::botan_boundary(errc::malformed, "message: the verification key is not a point of the suite's curve", [&] {
            const auto group = Botan::EC_Group::from_name(detail::curve_of(scheme));
            const auto raw = Botan::base64_decode(verification_key, false);
            const auto point = Botan::EC_AffinePoint::deserialize_compressed(group, raw);
            if (!point) throw Botan::Decoding_Error("not a compressed point");
            message_verifier made;
            made.key_ = std::make_unique<Botan::ECDSA_PublicKey>(group, *point);
            made.verifier_ =
                std::make_unique<Botan::PK_Verifier>(*made.key_, detail::hash_of(scheme), Botan::Signature_Format::DerSequence);
            return made;
        });
    }
    void update(byte_view data) { verifier_->update(data); }
    /// `footer` is all that follows the last frame. malformed: its length is not its own; authentication_failed.
    [[nodiscard]] result<void> finish(byte_view footer) {
        if (footer.size() < 2) return fail(errc::malformed, "message: it ends before or within its signature");
        const std::size_t size = load_be<std::uint16_t>(footer.data());
        if (footer.size() - 2 < size) return fail(errc::malformed, "message: it ends before or within its signature");
        if (footer.size() - 2 > size) return fail(errc::malformed, "message: bytes follow the signature");
        const auto holds = keywright::detail::botan_boundary(errc::authentication_failed, "message: the signature does not hold",
                                                             [&] { return verifier_->check_signature(footer.subspan(2)); });
        if (!holds) return pass(holds);
        return *holds ? result<void>{} : fail(errc::authentication_failed, "message: the signature does not hold");
    }

private:
    message_verifier() = default;
    std::unique_ptr<Botan::ECDSA_PublicKey> key_;
    std::unique_ptr<Botan::PK_Verifier> verifier_;
};

} // namespace keywright::envelope
