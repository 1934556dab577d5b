// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/kernels/files/picture.hpp>
#include <string>
#include <vector>

namespace lagoon::files {

/// Eight bits; grey becomes three equal colours, since WebP has no other.
std::vector<std::byte> encode_webp(const imaging::Picture& picture, const std::string& name,
                                   const PictureWriteOptions& options);

}  // namespace lagoon::files
