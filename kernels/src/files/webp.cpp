// SPDX-License-Identifier: Apache-2.0
// Reading WebP, and what makes it a format.
#include <lagoon/engine/stop.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "exif.hpp"
#include "picture_format.hpp"
#include "webp_encode.hpp"

#include <webp/decode.h>
#include <webp/demux.h>

namespace lagoon::files {
namespace {

constexpr std::size_t kBytesPerStep = 256 << 10;  // of the file, between two looks at whether the call is to end

struct DeleteDecoder {
  void operator()(WebPIDecoder* d) const { WebPIDelete(d); }
};
struct DeleteDemuxer {
  void operator()(WebPDemuxer* d) const { WebPDemuxDelete(d); }
};

[[noreturn]] void fail(VP8StatusCode status, const std::string& name) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY: fail_picture(Errc::resource_exhausted, name, kWebp.name, "no memory for libwebp");
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA:
      fail_picture(Errc::data_loss, name, kWebp.name, "the file ends before its pixels do");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      fail_picture(Errc::invalid_argument, name, kWebp.name, "a feature that libwebp does not know");
    default: fail_picture(Errc::invalid_argument, name, kWebp.name, "the file is broken");
  }
}

class WebpReader {
 public:
  WebpReader(Bytes bytes, const std::string& name) : name_(name) {
    const VP8StatusCode status = WebPGetFeatures(data_of(bytes), bytes.size(), &features_);
    if (status != VP8_STATUS_OK) fail(status, name_);
    const WebPData data = {data_of(bytes), bytes.size()};
    WebPDemuxState state{};
    demuxer_.reset(WebPDemuxPartial(&data, &state));
    if (!demuxer_) fail(VP8_STATUS_BITSTREAM_ERROR, name_);
  }

  PictureInfo info() const {
    PictureInfo info;
    info.rows = features_.height;
    info.columns = features_.width;
    info.channels = channels();
    const auto exif = chunk("EXIF");
    info.orientation = exif_orientation(exif_payload(exif));
    return info;
  }

  imaging::Picture decode(const PictureReadOptions& options) const {
    const std::ptrdiff_t rows = features_.height, columns = features_.width;
    // Lossless files and alpha are unpacked as a whole before they become pixels; what is said of neither may be both.
    const std::ptrdiff_t lossless = features_.format == 1 ? 0 : 4, alpha = features_.has_alpha ? 1 : 0;
    check_limits({rows, columns, rows * columns * (channels() + lossless + alpha)}, options.limits, name_, kWebp.name);
    WebPIterator frame{};
    const bool found = WebPDemuxGetFrame(demuxer_.get(), 1, &frame) != 0;
    const std::unique_ptr<WebPIterator, decltype(&WebPDemuxReleaseIterator)> owner(&frame, WebPDemuxReleaseIterator);
    if (!found) fail(VP8_STATUS_NOT_ENOUGH_DATA, name_);
    imaging::Pixels<std::uint8_t> pixels({rows, columns, channels()});
    const bool whole = frame.width == columns && frame.height == rows;
    const bool inside = frame.x_offset >= 0 && frame.y_offset >= 0 && frame.x_offset <= columns - frame.width &&
                        frame.y_offset <= rows - frame.height && frame.width > 0 && frame.height > 0;
    if (!inside) fail(VP8_STATUS_BITSTREAM_ERROR, name_);
    if (!whole) std::memset(pixels.data(), 0, pixels.bytes());  // the first frame of an animation may be a part
    decode_frame(frame, pixels);
    imaging::Picture picture;
    if (features_.has_animation) picture.warnings.emplace_back("an animation; its first frame is what was read");
    const auto exif = exif_payload(chunk("EXIF"));
    picture.metadata.exif.assign(exif.begin(), exif.end());
    picture.metadata.orientation = exif_orientation(exif);
    const auto icc = chunk("ICCP");
    picture.metadata.icc.assign(icc.begin(), icc.end());
    picture.pixels = std::move(pixels);
    return picture;
  }

 private:
  std::ptrdiff_t channels() const { return features_.has_alpha || features_.has_animation ? 4 : 3; }

  /// The payload of a chunk, in place in the file; nothing when there is none.
  Bytes chunk(const char* name) const {
    WebPChunkIterator found{};
    Bytes payload;
    if (WebPDemuxGetChunk(demuxer_.get(), name, 1, &found) != 0)
      payload = bytes_at(found.chunk.bytes, found.chunk.size);
    WebPDemuxReleaseChunkIterator(&found);
    return payload;
  }

  void decode_frame(const WebPIterator& frame, imaging::Pixels<std::uint8_t>& pixels) const {
    const std::ptrdiff_t row = pixels.extent(1) * pixels.extent(2);
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) fail_picture(Errc::internal, name_, kWebp.name, "another version of libwebp");
    // The decoder believes the frame's own header: it must not be larger than what was made for it.
    const VP8StatusCode status = WebPGetFeatures(frame.fragment.bytes, frame.fragment.size, &config.input);
    if (status != VP8_STATUS_OK) fail(status, name_);
    if (config.input.width != frame.width || config.input.height != frame.height)
      fail(VP8_STATUS_BITSTREAM_ERROR, name_);
    config.output.colorspace = pixels.extent(2) == 4 ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = &pixels(frame.y_offset, frame.x_offset, 0);
    config.output.u.RGBA.stride = static_cast<int>(row);
    config.output.u.RGBA.size = static_cast<std::size_t>((frame.height - 1) * row + frame.width * pixels.extent(2));
    const std::unique_ptr<WebPIDecoder, DeleteDecoder> decoder(WebPIDecode(nullptr, 0, &config));
    if (!decoder) fail(VP8_STATUS_OUT_OF_MEMORY, name_);
    for (std::size_t end = 0; end < frame.fragment.size;) {
      throw_if_stopped();
      end = std::min(frame.fragment.size, end + kBytesPerStep);
      const VP8StatusCode step = WebPIUpdate(decoder.get(), frame.fragment.bytes, end);
      if (step == VP8_STATUS_OK) return;
      if (step != VP8_STATUS_SUSPENDED) fail(step, name_);
    }
    fail(VP8_STATUS_SUSPENDED, name_);
  }

  const std::string& name_;
  WebPBitstreamFeatures features_{};
  std::unique_ptr<WebPDemuxer, DeleteDemuxer> demuxer_;
};

bool is_webp(Bytes b) {
  return b.size() >= 12 && std::memcmp(b.data(), "RIFF", 4) == 0 && std::memcmp(b.data() + 8, "WEBP", 4) == 0;
}

PictureInfo info(Bytes bytes, const std::string& name) { return WebpReader(bytes, name).info(); }

imaging::Picture decode(Bytes bytes, const std::string& name, const PictureReadOptions& options) {
  return WebpReader(bytes, name).decode(options);
}

}  // namespace

const PictureFormat kWebp = {"webp", {"webp", ""}, is_webp, info, decode, encode_webp};

}  // namespace lagoon::files
