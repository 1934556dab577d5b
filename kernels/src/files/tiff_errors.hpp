// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include <tiffio.h>

namespace lagoon::files {

/// What libtiff has to say of one file: its first error, which names the cause, and its first warnings.
struct TiffErrors {
  using Text = std::array<char, 160>;
  Text message{};
  std::array<Text, 4> warnings{};
  std::size_t warning_count = 0;

  std::string text() const { return message[0] ? message.data() : "libtiff does not say why"; }
};

struct CloseTiff {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
using TiffHandle = std::unique_ptr<TIFF, CloseTiff>;

/// How libtiff reaches bytes that are no file.
struct TiffBytes {
  thandle_t client;
  TIFFReadWriteProc read, write;
  TIFFSeekProc seek;
  TIFFSizeProc size;
  TIFFMapFileProc map;
};

/// Null when it cannot be opened, for a reason in `errors`. No single allocation within is larger than `max_bytes`.
TiffHandle open_tiff(const std::string& name, const char* mode, const TiffBytes& bytes, TiffErrors& errors,
                     std::ptrdiff_t max_bytes);

}  // namespace lagoon::files
