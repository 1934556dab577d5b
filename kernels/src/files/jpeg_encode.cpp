// SPDX-License-Identifier: Apache-2.0
#include "jpeg_encode.hpp"

#include <lagoon/engine/stop.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "chunks.hpp"
#include "csv_error.hpp"
#include "exif.hpp"
#include "jpeg_errors.hpp"
#include "picture_format.hpp"
#include "picture_rows.hpp"

#include <jerror.h>

namespace lagoon::files {
namespace {

constexpr int kExif = JPEG_APP0 + 1;
constexpr std::size_t kMaxExif = 0xFFFF - 2 - 6;  // a marker, less its length and "Exif\0\0"

/// Takes what libjpeg has filled its buffer with.
struct Destination {
  jpeg_destination_mgr manager{};  // first: libjpeg knows only this
  std::array<JOCTET, 1 << 14> buffer;
  Chunks bytes;
};

void begin(j_compress_ptr cinfo) {
  auto& to = *reinterpret_cast<Destination*>(cinfo->dest);
  to.manager.next_output_byte = to.buffer.data();
  to.manager.free_in_buffer = to.buffer.size();
}

bool take(Destination& from, std::size_t size) noexcept {
  try {
    from.bytes.append(from.buffer.data(), size);
    return true;
  } catch (...) {  // must not pass through libjpeg
    return false;
  }
}

boolean full(j_compress_ptr cinfo) {
  auto& to = *reinterpret_cast<Destination*>(cinfo->dest);
  if (!take(to, to.buffer.size())) ERREXIT1(cinfo, JERR_OUT_OF_MEMORY, 0);
  begin(cinfo);
  return TRUE;
}

void end(j_compress_ptr cinfo) {
  auto& to = *reinterpret_cast<Destination*>(cinfo->dest);
  if (!take(to, to.buffer.size() - to.manager.free_in_buffer)) ERREXIT1(cinfo, JERR_OUT_OF_MEMORY, 0);
}

/// One row of levels and alpha onto white.
void onto_white(const std::uint8_t* in, std::uint8_t* out, std::ptrdiff_t columns, std::ptrdiff_t colours) {
  for (std::ptrdiff_t j = 0; j < columns; ++j, in += colours + 1, out += colours)
    for (std::ptrdiff_t c = 0; c < colours; ++c)
      out[c] = static_cast<std::uint8_t>((in[c] * in[colours] + 255U * (255U - in[colours]) + 127U) / 255U);
}

class JpegWriter {
 public:
  JpegWriter(const imaging::Picture& picture, const std::string& name, const PictureWriteOptions& options)
      : picture_(picture), name_(name), options_(options) {
    attach(reinterpret_cast<j_common_ptr>(&cinfo_), errors_);
    run([&] { jpeg_create_compress(&cinfo_); });
    destination_.manager.init_destination = begin;
    destination_.manager.empty_output_buffer = full;
    destination_.manager.term_destination = end;
    cinfo_.dest = &destination_.manager;
  }
  ~JpegWriter() { jpeg_destroy_compress(&cinfo_); }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;

  std::vector<std::byte> encode() {
    const std::vector<std::byte> exif = marker_of(exif_to_write(picture_.metadata, options_.keep_metadata));
    run([&] {
      describe();
      jpeg_start_compress(&cinfo_, TRUE);
      if (!exif.empty())
        jpeg_write_marker(&cinfo_, kExif, reinterpret_cast<const JOCTET*>(exif.data()),
                          static_cast<unsigned>(exif.size()));
      const std::vector<std::byte>& icc = picture_.metadata.icc;
      if (!icc.empty())
        jpeg_write_icc_profile(&cinfo_, reinterpret_cast<const JOCTET*>(icc.data()), static_cast<unsigned>(icc.size()));
    });
    write_rows();
    run([&] { jpeg_finish_compress(&cinfo_); });
    return destination_.bytes.joined();
  }

 private:
  template <class F>
  void run(F&& step) {
    if (survives(errors_.exit, step)) return;
    const bool memory = errors_.code == JERR_OUT_OF_MEMORY;
    fail_picture(memory ? Errc::resource_exhausted : Errc::invalid_argument, name_, kJpeg.name, errors_.message.data());
  }

  std::vector<std::byte> marker_of(const std::vector<std::byte>& exif) const {
    if (exif.size() > kMaxExif)
      fail_picture(Errc::invalid_argument, name_, kJpeg.name,
                   "EXIF of " + counted(exif.size(), "byte") + " does not fit; at most " + grouped(kMaxExif) +
                       " do (leave it out: keep_metadata = false)");
    if (exif.empty()) return {};
    std::vector<std::byte> marker(6 + exif.size());
    std::memcpy(marker.data(), "Exif\0", 6);
    std::memcpy(marker.data() + 6, exif.data(), exif.size());
    return marker;
  }

  void describe() {
    const bool grey = picture_.channels() <= 2;
    cinfo_.image_width = static_cast<JDIMENSION>(std::min<std::ptrdiff_t>(picture_.columns(), 1 << 30));
    cinfo_.image_height = static_cast<JDIMENSION>(std::min<std::ptrdiff_t>(picture_.rows(), 1 << 30));
    cinfo_.input_components = grey ? 1 : 3;
    cinfo_.in_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&cinfo_);
    jpeg_set_quality(&cinfo_, options_.quality, TRUE);
    if (options_.progressive) jpeg_simple_progression(&cinfo_);
    if (!grey) {
      cinfo_.comp_info[0].h_samp_factor = options_.chroma_subsampling == 444 ? 1 : 2;
      cinfo_.comp_info[0].v_samp_factor = options_.chroma_subsampling == 420 ? 2 : 1;
    }
    const double density = std::round(picture_.metadata.pixels_per_inch);
    if (options_.keep_metadata && density >= 1 && density <= 0xFFFF) {
      cinfo_.density_unit = 1;
      cinfo_.X_density = cinfo_.Y_density = static_cast<UINT16>(density);
    }
  }

  void write_rows() {
    const std::ptrdiff_t columns = picture_.columns(), channels = picture_.channels(), rows = picture_.rows();
    const bool alpha = channels % 2 == 0;
    const std::ptrdiff_t colours = alpha ? channels - 1 : channels;
    Tensor<std::uint8_t, 2> levels({kRowsPerStep, columns * channels});
    Tensor<std::uint8_t, 2> blended({alpha ? kRowsPerStep : 0, columns * colours});
    std::array<JSAMPROW, kRowsPerStep> pointers{};
    for (std::ptrdiff_t done = 0; done < rows; done += kRowsPerStep) {
      throw_if_stopped();
      const std::ptrdiff_t n = std::min(rows - done, kRowsPerStep);
      for (std::ptrdiff_t k = 0; k < n; ++k) {
        const std::uint8_t* row = row_as(picture_.pixels, done + k, levels.data() + k * columns * channels);
        if (alpha) {
          std::uint8_t* out = blended.data() + k * columns * colours;
          onto_white(row, out, columns, colours);
          row = out;
        }
        pointers[static_cast<std::size_t>(k)] = const_cast<JSAMPROW>(row);  // libjpeg only reads it
      }
      run([&] { jpeg_write_scanlines(&cinfo_, pointers.data(), static_cast<JDIMENSION>(n)); });
    }
  }

  const imaging::Picture& picture_;
  const std::string& name_;
  const PictureWriteOptions& options_;
  Destination destination_;
  JpegErrors errors_;
  jpeg_compress_struct cinfo_{};
};

}  // namespace

std::vector<std::byte> encode_jpeg(const imaging::Picture& picture, const std::string& name,
                                   const PictureWriteOptions& options) {
  return JpegWriter(picture, name, options).encode();
}

}  // namespace lagoon::files
