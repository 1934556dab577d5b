// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <csetjmp>
#include <cstddef>
#include <lagoon/kernels/files/picture.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lagoon::files {

using Bytes = std::span<const std::byte>;

/// What reads and writes one format of pictures. To add one: a source that defines it, and a line in picture.cpp.
/// `name` stands in errors: the file's, or what the caller calls the bytes.
struct PictureFormat {
  std::string_view name;
  std::array<std::string_view, 2> endings;  ///< of file names, small letters, without the dot; may be empty
  bool (*recognises)(Bytes bytes);
  PictureInfo (*info)(Bytes bytes, const std::string& name);
  imaging::Picture (*decode)(Bytes bytes, const std::string& name, const PictureReadOptions& options);
  std::vector<std::byte> (*encode)(const imaging::Picture& picture, const std::string& name,
                                   const PictureWriteOptions& options);
};

extern const PictureFormat kJpeg, kPng, kTiff, kWebp;

/// Throws "name: format: what".
[[noreturn]] void fail_picture(Errc code, const std::string& name, std::string_view format, const std::string& what);

/// What a picture will cost, before anything is allocated for it.
struct PictureCost {
  std::ptrdiff_t rows = 0, columns = 0;  ///< of the file; what max_pixels bounds
  std::ptrdiff_t bytes = 0;              ///< of the pixels decoded, and of what the library holds besides
};
/// throws  invalid_argument (no pixels), resource_exhausted
void check_limits(const PictureCost& cost, const PictureLimits& limits, const std::string& name,
                  std::string_view format);

/// Runs a step that calls a C library whose errors jump to `exit`; false when it did. Nothing that a step calls may
/// have a destructor to run.
template <class F>
bool survives(std::jmp_buf& exit, F&& step) {
  if (setjmp(exit) != 0) return false;
  step();
  return true;
}

constexpr std::ptrdiff_t kRowsPerStep = 32;  ///< rows between two looks at whether the call is to end

inline const unsigned char* data_of(Bytes bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
inline Bytes bytes_at(const void* data, std::size_t size) { return {static_cast<const std::byte*>(data), size}; }

}  // namespace lagoon::files
