// SPDX-License-Identifier: Apache-2.0
// The floor of shrinking a JPEG into a JPEG: TurboJPEG decodes at the smallest scale that is large enough, and encodes
// pixels that are there already. Handles and buffers are kept from photograph to photograph.
#include "rivals/photographs.hpp"

#if defined(LAGOON_BENCH_TURBOJPEG)
#include <turbojpeg.h>

#include <stdexcept>

namespace lagoon::bench::rivals {
namespace {

struct Pixels {
  int columns = 0, rows = 0;
  std::vector<std::uint8_t> rgb;
};

class Codec {
 public:
  Codec() : from_(tjInitDecompress()), to_(tjInitCompress()) {
    if (!from_ || !to_) throw std::runtime_error("TurboJPEG does not start");
  }
  ~Codec() {
    tjDestroy(from_);
    tjDestroy(to_);
  }
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;

  /// At the smallest scale at which it is still so large.
  void decode(const Jpeg& file, int columns, int rows, Pixels& to) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(file.data());
    int whole_columns = 0, whole_rows = 0, subsampling = 0, colours = 0;
    check(tjDecompressHeader3(from_, bytes, file.size(), &whole_columns, &whole_rows, &subsampling, &colours), from_);
    to.columns = whole_columns;
    to.rows = whole_rows;
    int count = 0;
    const tjscalingfactor* factors = tjGetScalingFactors(&count);
    for (int i = 0; i < count; ++i) {
      const int c = TJSCALED(whole_columns, factors[i]), r = TJSCALED(whole_rows, factors[i]);
      if (c < columns || r < rows || c >= to.columns) continue;
      to.columns = c;
      to.rows = r;
    }
    to.rgb.resize(3 * static_cast<std::size_t>(to.columns) * static_cast<std::size_t>(to.rows));
    check(tjDecompress2(from_, bytes, file.size(), to.rgb.data(), to.columns, 0, to.rows, TJPF_RGB, 0), from_);
  }
  Jpeg encode(const Pixels& picture, int quality) {
    out_.resize(tjBufSize(picture.columns, picture.rows, TJSAMP_420));
    unsigned char* out = out_.data();
    unsigned long size = out_.size();
    check(tjCompress2(to_, picture.rgb.data(), picture.columns, 0, picture.rows, TJPF_RGB, &out, &size, TJSAMP_420,
                      quality, TJFLAG_NOREALLOC),
          to_);
    const auto* bytes = reinterpret_cast<const std::byte*>(out);
    return {bytes, bytes + size};
  }

 private:
  static void check(int failed, tjhandle handle) {
    if (failed && tjGetErrorCode(handle) == TJERR_FATAL)
      throw std::runtime_error(std::string("TurboJPEG: ") + tjGetErrorStr2(handle));
  }
  tjhandle from_, to_;
  std::vector<unsigned char> out_;
};

}  // namespace

std::vector<Developer> turbojpeg(const Photographs& photographs, const Development& d,
                                 const std::vector<Jpeg>& results) {
  const auto pixels = std::make_shared<std::vector<Pixels>>(results.size());
  Codec codec;
  for (std::size_t i = 0; i < results.size(); ++i) codec.decode(results[i], d.columns, d.rows, (*pixels)[i]);
  return {{"TurboJPEG, decode at scale + encode alone", [=] {
             struct Worker {
               Codec codec;
               Pixels decoded;
             };
             auto worker = std::make_shared<Worker>();
             return [=](std::size_t i) {
               if (d.full_decode)
                 worker->codec.decode((*photographs)[i], 1 << 30, 1 << 30, worker->decoded);
               else
                 worker->codec.decode((*photographs)[i], d.columns, d.rows, worker->decoded);
               return worker->codec.encode((*pixels)[i], d.quality);
             };
           }}};
}

}  // namespace lagoon::bench::rivals
#else
namespace lagoon::bench::rivals {
std::vector<Developer> turbojpeg(const Photographs&, const Development&, const std::vector<Jpeg>&) {
  return {{"TurboJPEG", {}, "was not built: install libturbojpeg0-dev and build again"}};
}
}  // namespace lagoon::bench::rivals
#endif
