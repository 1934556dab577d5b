// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/kernels/imaging/picture.hpp>
#include <span>
#include <vector>

namespace lagoon::files {

/// Without the "Exif\0\0" that JPEG puts in front of the payload, and some writers of other formats too.
std::span<const std::byte> exif_payload(std::span<const std::byte> bytes);

/// 1 to 8; 1 when it says nothing, or nothing that can be understood.
int exif_orientation(std::span<const std::byte> payload);

/// The same with that orientation. A payload that cannot be understood becomes one that says the orientation alone,
/// or stays as it is when that is 1.
std::vector<std::byte> exif_with_orientation(std::span<const std::byte> payload, int orientation);

/// What belongs into a file: all of it, or the orientation alone where pixels are not upright, since a picture must
/// not turn because its metadata were stripped; or nothing.
std::vector<std::byte> exif_to_write(const imaging::Metadata& metadata, bool keep);

}  // namespace lagoon::files
