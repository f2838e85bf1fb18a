// SPDX-License-Identifier: Apache-2.0
// What a service is asked for where key files are involved, and what it answers.
// Depends on: policy/decision, service/key_evidence.
#pragma once

#include <keywright/policy/decision.hpp>
#include <keywright/service/key_evidence.hpp>

#include <functional>
#include <optional>
#include <string>

namespace keywright {

/// What became of a command.
class [[nodiscard("outcome: it may be a refusal; ask refused()")]] outcome {
public:
    outcome(policy::decision decision, result<void> work, std::optional<error> file_trouble = {})
        : decision_(decision), work_(work), file_trouble_(file_trouble) {}

    bool refused() const { return decision_.refused(); }
    const policy::reason_list& reasons() const { return decision_.reasons(); }
    const policy::decision& decision() const { return decision_; }
    /// Of an accepted command: why what follows from it is not finished. It is pending, or was given up and undone; the
    /// state tells which.
    std::optional<error> unfinished() const { return work_ ? std::nullopt : std::optional<error>(work_.error()); }
    /// Why a key file did not open, in its reader's words; beside the reasons.
    const std::optional<error>& file_trouble() const { return file_trouble_; }

private:
    policy::decision decision_;
    result<void> work_;
    std::optional<error> file_trouble_;
};

struct generate_request {
    policy::actor by;
    key_id key;
    const secret_bytes& password;
    const secret_bytes& password_again;
    /// Takes the PFX, once, and makes it durable before it returns. If it fails, no key was made. Its bytes are read by
    /// `insecure::export_secret` (keywright/insecure.hpp): this file is meant to leave.
    std::function<result<void>(const secret_bytes& pfx)> hand_out;
    bool region_chosen = true;
    bool acknowledged = false;
    bool confirmed = false; ///< where the profile uses a key at once
};
struct upload_request {
    policy::actor by;
    key_id key;
    service::key_file file;
    bool region_chosen = true;
    bool acknowledged = false;
    bool confirmed = false; ///< where the profile uses a key at once
};
struct lock_request {
    policy::actor by;
    service::key_file file;
    std::string_view confirmation; ///< `lock <tenant>`, or the instance's name
    bool confirmed = false;        ///< where the typed text is not all
};
struct unlock_request {
    policy::actor by;
    service::key_file file;
};

/// An import key for a BYOK export. Short lives are good ones: a transfer file that is kept opens as long as it lives.
struct import_key_request {
    policy::actor by;
    std::size_t bits = 4096;     ///< 2048, 3072 or 4096
    seconds valid_for = days(7); ///< up to 90 days
    bool replace = false;        ///< also where there is one that still serves
};

/// What a BYOK export is bound to, as it is shown to the customer. Nothing in it is secret.
struct import_public_key {
    std::string kid;
    bytes public_key; ///< DER, SubjectPublicKeyInfo. HSMs' tools want it as text: `Botan::PEM_Code::encode(public_key, "PUBLIC KEY")`
    instant expires_at{}; ///< 0 of one that an older version made: that serves until it is used
};

/// Whether `open` is going to write. Where <unistd.h> is included, too, its function has this name: a parameter is then
/// `keywright::access how`.
enum class access : std::uint8_t { read, read_write };

} // namespace keywright
