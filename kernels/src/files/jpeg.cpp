// SPDX-License-Identifier: Apache-2.0
// Reading JPEG, and what makes it a format. libjpeg's own interface rather than TurboJPEG's: the same code below, and
// only here are CMYK, profiles, EXIF and the warnings of damaged files.
#include <lagoon/engine/stop.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include "exif.hpp"
#include "jpeg_encode.hpp"
#include "jpeg_errors.hpp"
#include "picture_format.hpp"

#include <jerror.h>

namespace lagoon::files {
namespace {

// Cameras write about ten. Each costs a look at all blocks, and a file of some kilobytes can have thousands.
constexpr int kMaxScans = 100;
constexpr std::ptrdiff_t kBlockBytes = 64 * sizeof(JCOEF);
constexpr unsigned kMarkerBytes = 0xFFFF;  // the longest there is
constexpr int kExif = JPEG_APP0 + 1, kIcc = JPEG_APP0 + 2;

void watch(j_common_ptr cinfo) {
  JpegErrors& errors = errors_of(cinfo);
  if (stop_requested()) {
    errors.stopped = true;
    std::longjmp(errors.exit, 1);
  }
  if (reinterpret_cast<j_decompress_ptr>(cinfo)->input_scan_number <= kMaxScans) return;
  std::snprintf(errors.message.data(), errors.message.size(), "more than %d scans", kMaxScans);
  std::longjmp(errors.exit, 1);
}

class JpegReader {
 public:
  JpegReader(Bytes bytes, const std::string& name) : JpegReader(name) {
    run([&] {
      progress_.progress_monitor = watch;
      cinfo_.progress = &progress_;
      jpeg_save_markers(&cinfo_, kExif, kMarkerBytes);
      jpeg_save_markers(&cinfo_, kIcc, kMarkerBytes);
      jpeg_mem_src(&cinfo_, data_of(bytes), bytes.size());
      jpeg_read_header(&cinfo_, TRUE);
    });
    if (cinfo_.num_components == 2 || cinfo_.num_components > 4)
      fail_picture(Errc::invalid_argument, name_, kJpeg.name,
                   std::to_string(cinfo_.num_components) + " components; 1, 3 and 4 are colours");
  }
  ~JpegReader() { jpeg_destroy_decompress(&cinfo_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  PictureInfo info() const {
    PictureInfo info;
    info.rows = cinfo_.image_height;
    info.columns = cinfo_.image_width;
    info.channels = cinfo_.num_components == 1 ? 1 : 3;
    info.orientation = exif_orientation(exif());
    return info;
  }

  imaging::Picture decode(const PictureReadOptions& options) {
    imaging::Picture picture;
    read_metadata(picture.metadata);
    choose_scale(options, picture.metadata.orientation);
    const bool cmyk = cinfo_.num_components == 4;
    const std::ptrdiff_t channels = cinfo_.num_components == 1 ? 1 : 3;
    cinfo_.out_color_space = cmyk ? JCS_CMYK : channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    run([&] { jpeg_calc_output_dimensions(&cinfo_); });
    const std::ptrdiff_t rows = cinfo_.output_height, columns = cinfo_.output_width;
    const PictureCost cost = {cinfo_.image_height, cinfo_.image_width, rows * columns * channels + coefficient_bytes()};
    check_limits(cost, options.limits, name_, kJpeg.name);
    imaging::Pixels<std::uint8_t> pixels({rows, columns, channels});
    run([&] { jpeg_start_decompress(&cinfo_); });
    if (cmyk)
      read_cmyk(pixels);
    else
      read_rows(pixels.data(), columns * channels, rows);
    for (std::size_t k = 0; k < errors_.warning_count; ++k) picture.warnings.emplace_back(errors_.warnings[k].data());
    picture.pixels = std::move(pixels);
    return picture;
  }

 private:
  // Apart, so that the destructor runs when the header is bad.
  explicit JpegReader(const std::string& name) : name_(name) {
    attach(reinterpret_cast<j_common_ptr>(&cinfo_), errors_);
    run([&] { jpeg_create_decompress(&cinfo_); });
  }

  template <class F>
  void run(F&& step) {
    if (!survives(errors_.exit, step)) fail();
  }

  [[noreturn]] void fail() {
    if (errors_.stopped) throw_if_stopped();
    switch (errors_.code) {
      case JERR_OUT_OF_MEMORY: fail_picture(Errc::resource_exhausted, name_, kJpeg.name, errors_.message.data());
      case JERR_NO_IMAGE:
      case JERR_INPUT_EOF:
      case JERR_INPUT_EMPTY: fail_picture(Errc::data_loss, name_, kJpeg.name, "the file ends before its pixels begin");
      default: fail_picture(Errc::invalid_argument, name_, kJpeg.name, errors_.message.data());
    }
  }

  /// The payload of the first EXIF marker, in libjpeg's memory.
  Bytes exif() const {
    for (const jpeg_marker_struct* m = cinfo_.marker_list; m; m = m->next) {
      if (m->marker != kExif) continue;
      const Bytes all = bytes_at(m->data, m->data_length), payload = exif_payload(all);
      if (payload.size() < all.size()) return payload;  // XMP is in the same kind of marker
    }
    return {};
  }

  void read_metadata(imaging::Metadata& metadata) {
    const Bytes payload = exif();
    metadata.exif.assign(payload.begin(), payload.end());
    metadata.orientation = exif_orientation(payload);
    if (cinfo_.saw_JFIF_marker && cinfo_.density_unit != 0)
      metadata.pixels_per_inch = cinfo_.X_density * (cinfo_.density_unit == 2 ? 2.54 : 1.0);
    JOCTET* profile = nullptr;
    unsigned size = 0;
    run([&] { jpeg_read_icc_profile(&cinfo_, &profile, &size); });
    const std::unique_ptr<JOCTET, decltype(&std::free)> owner(profile, std::free);
    const Bytes bytes = bytes_at(profile, profile ? size : 0);
    metadata.icc.assign(bytes.begin(), bytes.end());
  }

  /// The smallest of 1/8, 1/4, 1/2 and 1 that is large enough. Only these have vector code: 3/8 is slower than 1/2.
  void choose_scale(const PictureReadOptions& options, int orientation) {
    const bool turned = options.upright && orientation >= 5;
    const std::ptrdiff_t columns = turned ? options.at_least_rows : options.at_least_columns;
    const std::ptrdiff_t rows = turned ? options.at_least_columns : options.at_least_rows;
    cinfo_.scale_denom = 8;
    cinfo_.scale_num = 8;
    if (columns <= 0 && rows <= 0) return;
    auto scaled = [](JDIMENSION n, unsigned eighths) { return (std::ptrdiff_t{n} * eighths + 7) / 8; };
    for (const unsigned eighths : {4U, 2U, 1U}) {
      if (scaled(cinfo_.image_width, eighths) < columns || scaled(cinfo_.image_height, eighths) < rows) break;
      cinfo_.scale_num = eighths;
    }
  }

  /// What libjpeg holds of a file whose scans it has to put together.
  std::ptrdiff_t coefficient_bytes() {
    std::ptrdiff_t blocks = 0;
    if (jpeg_has_multiple_scans(&cinfo_))
      for (int k = 0; k < cinfo_.num_components; ++k) {
        const jpeg_component_info& c = cinfo_.comp_info[k];
        blocks += std::ptrdiff_t{c.width_in_blocks} * c.height_in_blocks;
      }
    return blocks * kBlockBytes;
  }

  void read_rows(std::uint8_t* to, std::ptrdiff_t row_bytes, std::ptrdiff_t count) {
    std::array<JSAMPROW, kRowsPerStep> rows{};
    for (std::ptrdiff_t done = 0; done < count;) {
      throw_if_stopped();
      const std::ptrdiff_t n = std::min(count - done, kRowsPerStep);
      for (std::ptrdiff_t k = 0; k < n; ++k) rows[static_cast<std::size_t>(k)] = to + (done + k) * row_bytes;
      run([&] {
        for (std::ptrdiff_t k = 0; k < n;)
          k += jpeg_read_scanlines(&cinfo_, rows.data() + k, static_cast<JDIMENSION>(n - k));
      });
      done += n;
    }
  }

  /// Ink as light. With Adobe's marker, which is nearly always, the file has the inks inverted.
  void read_cmyk(imaging::Pixels<std::uint8_t>& pixels) {
    const std::ptrdiff_t columns = pixels.extent(1);
    Tensor<std::uint8_t, 2> ink({kRowsPerStep, columns * 4});
    const unsigned flip = cinfo_.saw_Adobe_marker ? 0 : 255;
    for (std::ptrdiff_t done = 0; done < pixels.extent(0); done += kRowsPerStep) {
      const std::ptrdiff_t n = std::min(pixels.extent(0) - done, kRowsPerStep);
      read_rows(ink.data(), columns * 4, n);
      const std::uint8_t* in = ink.data();
      std::uint8_t* out = &pixels(done, 0, 0);
      for (std::ptrdiff_t k = 0; k < n * columns; ++k, in += 4, out += 3)
        for (int c = 0; c < 3; ++c) out[c] = static_cast<std::uint8_t>(((in[c] ^ flip) * (in[3] ^ flip) + 127U) / 255U);
    }
  }

  const std::string& name_;
  JpegErrors errors_;
  jpeg_progress_mgr progress_{};
  jpeg_decompress_struct cinfo_{};
};

bool is_jpeg(Bytes b) { return b.size() >= 3 && b[0] == std::byte{0xFF} && b[1] == std::byte{0xD8} && b[2] == b[0]; }

PictureInfo info(Bytes bytes, const std::string& name) { return JpegReader(bytes, name).info(); }

imaging::Picture decode(Bytes bytes, const std::string& name, const PictureReadOptions& options) {
  return JpegReader(bytes, name).decode(options);
}

}  // namespace

const PictureFormat kJpeg = {"jpeg", {"jpg", "jpeg"}, is_jpeg, info, decode, encode_jpeg};

}  // namespace lagoon::files
