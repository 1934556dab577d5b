// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/files/picture.hpp>

#include <lagoon/engine/stop.hpp>
#include <lagoon/kernels/files/atomic_file.hpp>

#include <algorithm>
#include <cctype>
#include <variant>

#include "byte_source.hpp"
#include "csv_error.hpp"
#include "picture_format.hpp"

namespace lagoon::files {
namespace {

constexpr std::array<const PictureFormat*, 4> kFormats = {&kJpeg, &kPng, &kTiff, &kWebp};

std::string all_names() {
  std::string text;
  for (const PictureFormat* f : kFormats) text += (text.empty() ? "" : ", ") + std::string(f->name);
  return text;
}

/// "47 49 46 38": the beginning of a file, for whoever wonders what it is.
std::string first_bytes(Bytes bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte b : bytes.first(std::min<std::size_t>(bytes.size(), 4))) {
    text += text.empty() ? "" : " ";
    text += kDigits[std::to_integer<unsigned>(b) >> 4];
    text += kDigits[std::to_integer<unsigned>(b) & 15];
  }
  return text;
}

const PictureFormat& format_of(Bytes bytes, const std::string& name) {
  for (const PictureFormat* f : kFormats)
    if (f->recognises(bytes)) return *f;
  const std::string what = bytes.empty() ? "the file is empty"
                                         : "not a picture of a format that is known (" + all_names() +
                                               "): it begins with " + first_bytes(bytes);
  throw Error(Status(Errc::invalid_argument, name + ": " + what).with_detail("file", name));
}

std::string ending_of(const std::string& path) {
  const std::string file = path.substr(path.rfind('/') + 1);
  const auto dot = file.rfind('.');
  std::string ending = dot == std::string::npos ? "" : file.substr(dot + 1);
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return ending;
}

const PictureFormat& format_named(const std::string& asked, const std::string& path) {
  const std::string word = asked.empty() ? ending_of(path) : asked;
  for (const PictureFormat* f : kFormats)
    if (f->name == word || (!word.empty() && std::find(f->endings.begin(), f->endings.end(), word) != f->endings.end()))
      return *f;
  const std::string what =
      asked.empty() ? "its ending says no format that can be written" : "format '" + asked + "' cannot be written";
  throw Error(Errc::invalid_argument, path + ": " + what + "; " + all_names() + " can");
}

void check_option(bool good, const std::string& name, const std::string& what) {
  if (!good) throw Error(Errc::invalid_argument, name + ": " + what);
}

std::vector<std::byte> encode(const PictureFormat& format, const imaging::Picture& picture, const std::string& name,
                              const PictureWriteOptions& options) {
  check_option(options.quality >= 1 && options.quality <= 100, name,
               "quality " + std::to_string(options.quality) + " is not within 1 to 100");
  check_option(options.compression >= 0 && options.compression <= 9, name,
               "compression " + std::to_string(options.compression) + " is not within 0 to 9");
  const int chroma = options.chroma_subsampling;
  check_option(chroma == 444 || chroma == 422 || chroma == 420, name,
               "chroma subsampling " + std::to_string(chroma) + " is none of 444, 422, 420");
  const int orientation = picture.metadata.orientation;
  check_option(orientation >= 1 && orientation <= 8, name,
               "orientation " + std::to_string(orientation) + " is not within 1 to 8");
  const bool pixels = std::visit([](const auto& p) { return p.size() > 0; }, picture.pixels);
  check_option(pixels, name, "the picture has no pixels");
  check_option(picture.channels() <= 4, name,
               "the picture has " + std::to_string(picture.channels()) + " channels; 1 to 4 are written");
  throw_if_stopped();
  return format.encode(picture, name, options);
}

}  // namespace

void fail_picture(Errc code, const std::string& name, std::string_view format, const std::string& what) {
  throw Error(Status(code, name + ": " + std::string(format) + ": " + what).with_detail("file", name));
}

void check_limits(const PictureCost& cost, const PictureLimits& limits, const std::string& name,
                  std::string_view format) {
  const std::string size = std::to_string(cost.columns) + " x " + std::to_string(cost.rows) + " pixels";
  if (cost.rows <= 0 || cost.columns <= 0) fail_picture(Errc::invalid_argument, name, format, "it claims " + size);
  if (cost.rows > limits.max_pixels / cost.columns)
    fail_picture(Errc::resource_exhausted, name, format,
                 size + "; the limit is " +
                     grouped(static_cast<std::size_t>(std::max<std::ptrdiff_t>(limits.max_pixels, 0))) +
                     " in all (raise max_pixels)");
  if (cost.bytes > limits.max_bytes)
    fail_picture(Errc::resource_exhausted, name, format,
                 size + " take " + counted(static_cast<std::size_t>(cost.bytes), "byte") + " to decode; the limit is " +
                     grouped(static_cast<std::size_t>(std::max<std::ptrdiff_t>(limits.max_bytes, 0))) +
                     " (raise max_bytes)");
}

imaging::Picture decode_picture(std::span<const std::byte> bytes, const std::string& name,
                                const PictureReadOptions& options) {
  const PictureFormat& format = format_of(bytes, name);
  throw_if_stopped();
  imaging::Picture picture = format.decode(bytes, name, options);
  picture.format = format.name;
  return picture;
}

PictureInfo picture_info(std::span<const std::byte> bytes, const std::string& name) {
  const PictureFormat& format = format_of(bytes, name);
  PictureInfo info = format.info(bytes, name);
  info.format = format.name;
  return info;
}

imaging::Picture read_picture(const std::string& path, const PictureReadOptions& options) {
  // No format is so bad that its files are larger than their pixels by more than what may stand beside them.
  constexpr std::size_t kBeside = std::size_t{256} << 20;
  const auto most = static_cast<std::size_t>(std::max<std::ptrdiff_t>(options.limits.max_bytes, 0));
  const ByteSource source = ByteSource::open(
      path, {most + kBeside, [&](std::string_view text) { format_of(bytes_at(text.data(), text.size()), path); }});
  if (source.size() > kBeside && source.size() - kBeside > most)
    throw Error(Errc::resource_exhausted, path + ": a file of " + counted(source.size(), "byte") +
                                              " is no picture within the limit of " + grouped(most) +
                                              " (raise max_bytes)");
  Tensor<char, 1> scratch;
  const std::string_view text = source.read(0, source.size(), scratch);
  return decode_picture(bytes_at(text.data(), text.size()), path, options);
}

void write_picture(const std::string& path, const imaging::Picture& picture, const PictureWriteOptions& options) {
  const PictureFormat& format = format_named(options.format, path);
  AtomicFile file(path);  // before the work: a folder that is not there is found out at once
  const std::vector<std::byte> bytes = encode(format, picture, path, options);
  file.write(bytes.data(), bytes.size());
  file.commit();
}

std::vector<std::byte> encode_picture(const imaging::Picture& picture, const PictureWriteOptions& options) {
  const std::string name = "the picture";
  return encode(format_named(options.format, name), picture, name, options);
}

}  // namespace lagoon::files
