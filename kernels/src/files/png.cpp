// SPDX-License-Identifier: Apache-2.0
// Reading PNG, and what makes it a format.
#include <lagoon/engine/stop.hpp>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "exif.hpp"
#include "picture_format.hpp"
#include "png_encode.hpp"
#include "png_errors.hpp"

namespace lagoon::files {
namespace {

// No byte of deflate becomes more than 1032 (zlib's own figure: 258 bytes from two bits).
constexpr std::ptrdiff_t kDeflateRatio = 1032;
constexpr double kMetresPerInch = 0.0254;

// Chunks that no pixel depends on: text may unpack to 8 MB in each of a thousand.
constexpr unsigned char kIgnored[] =
    "bKGD\0cHRM\0gAMA\0hIST\0iTXt\0oFFs\0pCAL\0sBIT\0sCAL\0sPLT\0sRGB\0tEXt\0tIME\0zTXt";
constexpr int kIgnoredCount = sizeof kIgnored / 5;

constexpr png_alloc_size_t kMaxChunk = 16 << 20;  // bytes of a profile or EXIF

/// libpng makes room for as much EXIF as a chunk claims to have, and its own limit does not stop it (1.6.39).
struct Memory {
  png_alloc_size_t largest = kMaxChunk;
};

png_voidp allocate(png_structp png, png_alloc_size_t size) {
  return size <= static_cast<const Memory*>(png_get_mem_ptr(png))->largest ? std::malloc(size) : nullptr;
}

void release(png_structp, png_voidp data) { std::free(data); }

struct Source {
  Bytes bytes;
  std::size_t at = 8;  // behind the signature, which was looked at
  bool ended = false;
};

void take(png_structp png, png_bytep to, std::size_t size) {
  auto& source = *static_cast<Source*>(png_get_io_ptr(png));
  if (source.bytes.size() - source.at < size) {
    source.ended = true;
    png_error(png, "the file ends too early");
  }
  std::memcpy(to, source.bytes.data() + source.at, size);
  source.at += size;
}

class PngReader {
 public:
  PngReader(Bytes bytes, const std::string& name) : PngReader(name) {
    source_.bytes = bytes;
    png_ = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &errors_, on_png_error, on_png_warning, &memory_, allocate,
                                    release);
    if (png_) info_ = png_create_info_struct(png_);
    if (!info_) fail_picture(Errc::resource_exhausted, name_, kPng.name, "no memory for libpng");
    run([&] {
      png_set_read_fn(png_, &source_, take);
      png_set_sig_bytes(png_, 8);
      png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // ours count pixels and bytes
      png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, kIgnored, kIgnoredCount);
      png_read_info(png_, info_);
    });
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  PictureInfo info() {
    PictureInfo info;
    info.rows = png_get_image_height(png_, info_);
    info.columns = png_get_image_width(png_, info_);
    info.channels = channels();
    info.bits = 8 * bytes_per_level();
    info.orientation = exif_orientation(exif());
    return info;
  }

  imaging::Picture decode(const PictureReadOptions& options) {
    const std::ptrdiff_t rows = png_get_image_height(png_, info_), columns = png_get_image_width(png_, info_);
    // Within what is wanted first: the products below cannot overflow then.
    check_limits({rows, columns, 0}, options.limits, name_, kPng.name);
    const std::ptrdiff_t row_bytes = columns * channels() * bytes_per_level();
    check_limits({rows, columns, (rows + 2) * row_bytes}, options.limits, name_, kPng.name);  // libpng holds two more
    const auto stored = static_cast<std::ptrdiff_t>(png_get_rowbytes(png_, info_));
    if (rows * stored / kDeflateRatio > std::ssize(source_.bytes))
      fail_picture(Errc::data_loss, name_, kPng.name,
                   std::to_string(source_.bytes.size()) + " bytes are too few for " + std::to_string(columns) + " x " +
                       std::to_string(rows) + " pixels");
    memory_.largest = kMaxChunk + 2 * static_cast<png_alloc_size_t>(row_bytes);
    expand();
    imaging::Picture picture;
    if (png_get_bit_depth(png_, info_) == 16)
      picture.pixels = pixels<std::uint16_t>(rows, columns);
    else
      picture.pixels = pixels<std::uint8_t>(rows, columns);
    memory_.largest = kMaxChunk;
    if (!survives(errors_.exit, [&] { png_read_end(png_, info_); }))  // all pixels are there
      picture.warnings.emplace_back(errors_.message.data());
    read_metadata(picture.metadata);
    for (std::size_t k = 0; k < errors_.warning_count; ++k) picture.warnings.emplace_back(errors_.warnings[k].data());
    return picture;
  }

 private:
  // Apart, so that the destructor runs when the header is bad.
  explicit PngReader(const std::string& name) : name_(name) {}

  template <class F>
  void run(F&& step) {
    if (survives(errors_.exit, step)) return;
    fail_picture(source_.ended ? Errc::data_loss : Errc::invalid_argument, name_, kPng.name, errors_.message.data());
  }

  /// What is read, once expanded.
  int channels() const {
    const int type = png_get_color_type(png_, info_);
    const bool alpha = (type & PNG_COLOR_MASK_ALPHA) != 0 || png_get_valid(png_, info_, PNG_INFO_tRNS) != 0;
    return ((type & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1) + (alpha ? 1 : 0);
  }
  int bytes_per_level() const { return png_get_bit_depth(png_, info_) == 16 ? 2 : 1; }

  /// Palettes to colours, few bits to eight, one transparent colour to alpha; 16 bits in this machine's order.
  void expand() {
    run([&] {
      png_set_expand(png_);
      if constexpr (std::endian::native == std::endian::little) png_set_swap(png_);
      passes_ = png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
  }

  template <class T>
  imaging::Pixels<T> pixels(std::ptrdiff_t rows, std::ptrdiff_t columns) {
    if (png_get_channels(png_, info_) != channels() || png_get_bit_depth(png_, info_) != 8 * int{sizeof(T)})
      fail_picture(Errc::internal, name_, kPng.name, "libpng expands it to something else than is expected");
    imaging::Pixels<T> pixels({rows, columns, channels()});
    const std::ptrdiff_t row = columns * pixels.extent(2);
    for (int pass = 0; pass < passes_; ++pass)
      for (std::ptrdiff_t done = 0; done < rows; done += kRowsPerStep) {
        throw_if_stopped();
        const std::ptrdiff_t end = std::min(rows, done + kRowsPerStep);
        run([&] {
          for (std::ptrdiff_t k = done; k < end; ++k)
            png_read_row(png_, reinterpret_cast<png_bytep>(pixels.data() + k * row), nullptr);
        });
      }
    return pixels;
  }

  Bytes exif() {
    png_bytep data = nullptr;
    png_uint_32 size = 0;
    if (png_get_eXIf_1(png_, info_, &size, &data) == 0 || !data) return {};
    return exif_payload(bytes_at(data, size));
  }

  void read_metadata(imaging::Metadata& metadata) {
    const Bytes payload = exif();
    metadata.exif.assign(payload.begin(), payload.end());
    metadata.orientation = exif_orientation(payload);
    png_charp profile_name = nullptr;
    png_bytep profile = nullptr;
    png_uint_32 size = 0;
    int compression = 0;
    if (png_get_iCCP(png_, info_, &profile_name, &compression, &profile, &size) != 0) {
      const Bytes bytes = bytes_at(profile, size);
      metadata.icc.assign(bytes.begin(), bytes.end());
    }
    metadata.pixels_per_inch = png_get_pixels_per_meter(png_, info_) * kMetresPerInch;
  }

  const std::string& name_;
  PngErrors errors_;
  Memory memory_;
  Source source_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  int passes_ = 1;
};

bool is_png(Bytes b) { return b.size() >= 8 && png_sig_cmp(data_of(b), 0, 8) == 0; }

PictureInfo info(Bytes bytes, const std::string& name) { return PngReader(bytes, name).info(); }

imaging::Picture decode(Bytes bytes, const std::string& name, const PictureReadOptions& options) {
  return PngReader(bytes, name).decode(options);
}

}  // namespace

const PictureFormat kPng = {"png", {"png", ""}, is_png, info, decode, encode_png};

}  // namespace lagoon::files
