// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/kernels/files/picture.hpp>
#include <string>
#include <vector>

namespace lagoon::files {

/// 8 bits, 16 bits or floats, as the pixels are; deflated, or plain with compression 0. EXIF is not written: TIFF has
/// its fields in directories of its own.
std::vector<std::byte> encode_tiff(const imaging::Picture& picture, const std::string& name,
                                   const PictureWriteOptions& options);

}  // namespace lagoon::files
