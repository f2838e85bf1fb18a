// SPDX-License-Identifier: Apache-2.0
// A notifier that leaves each notice as a mail in a folder, `<notice id>.eml`, for a mail program to send.
// Depends on: ports/notifier, adapters/file/durable. Use:
//     auto outbox = file::outbox::open("/var/spool/app", {.domain = "example.org"});
#pragma once

#include <keywright/adapters/file/durable.hpp>
#include <keywright/adapters/file/mail_text.hpp>

namespace keywright::file {

struct outbox_options {
    std::string domain = "localhost";    ///< of the sender, and of administrators whose id is no mail address
    std::string sender = "keywright";    ///< the local part of the sender's address
    mode_t mode = 0600;                  ///< rights of each message, masked by the umask
};

/// See ports/notifier.hpp. A message is whole, synced and in the folder when `deliver` returns; names that do not end
/// in `.eml` are unfinished ones. A message keeps its file name and its Message-ID however often it is delivered. Who
/// sends it should move it to another folder only when no later delivery of it is to come; a mail server knows a
/// second copy by its Message-ID.
/// Thread safe; a plain value. Holds no secrets.
class outbox {
public:
    /// Makes the folder (0700) where it is missing, but not its parents. Fails with malformed for a domain or a sender
    /// that cannot stand in an address; not_found, permission_denied.
    [[nodiscard]] static result<outbox> open(std::string folder, outbox_options options = {}) {
        if (options.domain.size() > 253 || !detail::is_dot_atom(options.domain) || options.sender.size() > 64 ||
            !detail::is_dot_atom(options.sender))
            return fail(errc::malformed, "outbox: expected a sender and a domain of letters, digits, dots and hyphens");
        if (const auto made = make_folder_durably(folder); !made) return pass(made);
        return outbox(std::move(folder), std::move(options));
    }

    /// Fails with malformed for a notice that no service makes; storage_full, permission_denied and io_failed leave no
    /// message, or the whole one where the folder alone could not be synced. Deliver again.
    [[nodiscard]] result<void> deliver(const ports::notice& message) const {
        const auto text = detail::mail_text(message, options_.sender, options_.domain);
        if (!text) return pass(text);
        const std::string path = folder_ + '/' + message.id + ".eml";
        // What is there already was moved there whole, but perhaps by somebody who did not live to sync the folder.
        if (::access(path.c_str(), F_OK) == 0) return sync_folder(folder_);
        return write_file_durably(path, as_bytes(*text), options_.mode);
    }

private:
    outbox(std::string folder, outbox_options options) : folder_(std::move(folder)), options_(std::move(options)) {}

    std::string folder_;
    outbox_options options_;
};

static_assert(ports::check_notifier<outbox>());

} // namespace keywright::file
