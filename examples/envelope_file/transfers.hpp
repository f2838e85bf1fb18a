// SPDX-License-Identifier: Apache-2.0
// One message made or opened, between files and standard input and output. A file appears under its name when all of it
// is there and proven, or it does not appear.
#pragma once

#include "../common/recipients.hpp"
#include "plan.hpp"

#include <keywright/adapters/file/message_file.hpp>

namespace envelope_file {

using example::recipients;

outcome<void> encrypt(recipients& keys, const options& given, const transfer& t, const keywright::file::progress& told);
outcome<void> decrypt(recipients& keys, const options& given, const transfer& t, const keywright::file::progress& told);

} // namespace envelope_file
