// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <lagoon/kernels/files/npy.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace lagoon::files {

/// The bytes of a file, mapped; unmapped with the last owner.
class MappedFile {
 public:
  /// throws  not_found, permission_denied, invalid_argument (a folder, no regular file, empty)
  static std::shared_ptr<const MappedFile> open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }

 private:
  MappedFile() = default;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Reads and checks a header against the size of its file; `name` stands in errors.
NpyHeader parse_npy_header(std::span<const std::byte> file, const std::string& name);

/// Bytes per element of a type like "<f8".
std::size_t npy_element_size(std::string_view type);

/// The first bytes of a file in format 1.0, padded so that elements begin on a cache line.
std::string make_npy_header(std::string_view type, std::span<const std::ptrdiff_t> extents, bool column_major);

}  // namespace lagoon::files
