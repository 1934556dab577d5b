// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/kernels/learning/forest.hpp>
#include <string>
#include <string_view>

#include "files/chunks.hpp"

namespace lagoon::learning::detail {

/// A forest as bytes, the same on every machine; predictions of what is decoded have the same bits.
///   throws   cancelled, deadline_exceeded
files::Chunks encode_forest(const Forest& forest);

/// Checks all that is read: whatever the bytes are, what comes out can be walked, and ends.
///   name     of the file, for errors
///   throws   data_loss; resource_exhausted; cancelled, deadline_exceeded
Forest decode_forest(std::string_view bytes, const std::string& name);

}  // namespace lagoon::learning::detail
