// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <tiffio.h>

namespace lagoon::files {

/// A TIFF file of 20 rows x 30 columns as only libtiff itself writes it.
struct OddTiff {
  std::uint16_t photometric = PHOTOMETRIC_RGB, samples = 3, bits = 8, compression = COMPRESSION_NONE;
  std::uint16_t planes = PLANARCONFIG_CONTIG;
  int extra = -1;  ///< what the last sample means
  bool tiles = false, big_endian = false, big = false;
  std::uint32_t rows_per_strip = 7;
};
constexpr std::uint32_t kOddRows = 20, kOddColumns = 30;

/// value(row, column, sample) is what is stored.
template <class T>
void write_odd(const std::string& path, const OddTiff& odd, const std::function<T(int, int, int)>& value) {
  const std::string mode = std::string("w") + (odd.big_endian ? "b" : "l") + (odd.big ? "8" : "");
  TIFF* tiff = TIFFOpen(path.c_str(), mode.c_str());
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, kOddColumns);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, kOddRows);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, int{odd.samples});
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, int{odd.bits});
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, int{odd.compression});
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, int{odd.photometric});
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, int{odd.planes});
  if (odd.photometric == PHOTOMETRIC_YCBCR) TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  if (odd.extra >= 0) {
    const auto meaning = static_cast<std::uint16_t>(odd.extra);
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &meaning);
  }
  if (odd.photometric == PHOTOMETRIC_PALETTE) {
    std::vector<std::uint16_t> red(1U << odd.bits), green(red), blue(red);
    for (std::size_t k = 0; k < red.size(); ++k) {
      red[k] = static_cast<std::uint16_t>(257 * k);
      green[k] = static_cast<std::uint16_t>(65535 - 257 * k);
      blue[k] = 257 * 9;
    }
    TIFFSetField(tiff, TIFFTAG_COLORMAP, red.data(), green.data(), blue.data());
  }
  const int planes = odd.planes == PLANARCONFIG_SEPARATE ? odd.samples : 1, samples = odd.samples / planes;
  auto fill = [&](T* to, int row, int column, int plane) {
    for (int s = 0; s < samples; ++s) to[s] = value(row, column, plane + s);
  };
  if (odd.tiles) {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, 16);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, 16);
    std::vector<T> tile(static_cast<std::size_t>(16 * 16 * samples));
    for (int p = 0; p < planes; ++p)
      for (int top = 0; top < 20; top += 16)
        for (int left = 0; left < 30; left += 16) {
          for (int k = 0; k < 256; ++k) fill(tile.data() + k * samples, top + k / 16, left + k % 16, p);
          TIFFWriteTile(tiff, tile.data(), static_cast<std::uint32_t>(left), static_cast<std::uint32_t>(top), 0,
                        static_cast<std::uint16_t>(p));
        }
  } else {
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, odd.rows_per_strip);
    std::vector<T> row(static_cast<std::size_t>(30 * samples));
    for (int p = 0; p < planes; ++p)
      for (int i = 0; i < 20; ++i) {
        for (int j = 0; j < 30; ++j) fill(row.data() + j * samples, i, j, p);
        TIFFWriteScanline(tiff, row.data(), static_cast<std::uint32_t>(i), static_cast<std::uint16_t>(p));
      }
  }
  TIFFClose(tiff);
}

}  // namespace lagoon::files
