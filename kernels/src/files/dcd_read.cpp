// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/files/dcd.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/stop.hpp>
#include <utility>

#include "csv_error.hpp"
#include "dcd_header.hpp"

namespace lagoon::files {
namespace dcd {
namespace {

/// A value of the file at `at`, which is there.
template <class T>
T value_at(std::string_view bytes, std::size_t at, bool swapped) {
  std::array<char, sizeof(T)> raw;
  std::memcpy(raw.data(), bytes.data() + at, sizeof(T));
  if (swapped) std::reverse(raw.begin(), raw.end());
  return std::bit_cast<T>(raw);
}

class HeaderReader {
 public:
  explicit HeaderReader(const ByteSource& source) : source_(source) {}

  Header read() {
    read_control();
    std::size_t at = kControlBytes + 2 * kMark;
    at += length(at, 4, "titles") + 2 * kMark;
    const std::size_t count = at + kMark;
    if (length(at, 4, "the number of particles") != 4) fail(source_, at, "the number of particles has no 4 bytes");
    const auto particles = integer(count);
    if (particles < 0 || particles > (INT32_MAX - 8) / 4)
      fail(source_, count, std::to_string(particles) + " particles");
    h_.particles = static_cast<std::size_t>(particles);
    h_.bytes = count + 4 + kMark;
    h_.frames = (source_.size() - h_.bytes) / frame_bytes(h_.particles, h_.has_cell);
    return h_;
  }

 private:
  void read_control() {
    constexpr auto kSwapped = static_cast<std::int32_t>(std::uint32_t{kControlBytes} << 24);
    const std::int32_t mark = integer(0);
    h_.swapped = mark == kSwapped;
    if (mark != kControlBytes && !h_.swapped) fail(source_, 0, "no DCD file: its first record is not of 84 bytes");
    const std::string_view magic = bytes(kMark, 4);
    if (magic == std::string_view("\0\0\0\0", 4)) fail(source_, kMark, "records with lengths of 64 bits are not read");
    if (magic != "CORD") fail(source_, kMark, "no DCD file of coordinates: 'CORD' is not there");
    length(0, kControlBytes, "the first record");
    h_.first_step = control(first_step);
    h_.every = control(every);
    if (control(fixed) != 0) fail(source_, place(fixed), "files with fixed atoms are not read");
    if (control(version) == 0) {  // X-PLOR
      h_.delta = value_at<double>(bytes(place(delta), 8), 0, h_.swapped);
    } else {
      h_.delta = value_at<float>(bytes(place(delta), 4), 0, h_.swapped);
      h_.has_cell = control(cell) != 0;
      if (control(fourth) != 0) fail(source_, place(fourth), "files with a fourth dimension are not read");
    }
  }

  std::string_view bytes(std::size_t at, std::size_t size) {
    if (at > source_.size() || source_.size() - at < size)
      fail(source_, source_.size(), "the file ends within its header");
    return source_.read(at, at + size, scratch_);
  }
  std::int32_t integer(std::size_t at) { return value_at<std::int32_t>(bytes(at, 4), 0, h_.swapped); }
  std::int32_t control(Control which) { return integer(place(which)); }

  /// The length of the record at `at`, which is inside the file and ends with the same length.
  std::size_t length(std::size_t at, std::int32_t least, const char* what) {
    const std::int32_t n = integer(at);
    if (n < least) fail(source_, at, std::string("the record of ") + what + " has a length of " + std::to_string(n));
    const auto size = static_cast<std::size_t>(n);
    if (integer(at + kMark + size) != n)
      fail(source_, at + kMark + size, std::string("the record of ") + what + " has two lengths");
    return size;
  }

  const ByteSource& source_;
  Tensor<char, 1> scratch_;
  Header h_;
};

}  // namespace

Header read_header(const ByteSource& source) { return HeaderReader(source).read(); }

void fail(const ByteSource& source, std::size_t byte, const std::string& what) {
  throw Error(Status(Errc::invalid_argument, source.name() + ": byte " + std::to_string(byte) + ": " + what)
                  .with_detail("file", source.name())
                  .with_detail("byte", std::to_string(byte)));
}

}  // namespace dcd

struct DcdReader::Impl {
  Impl(ByteSource from, const dynamics::Units& units) : source(std::move(from)), header(dcd::read_header(source)) {
    if (units.name != "nano") return;
    length = 0.1;
    time = dcd::kPsPerAkma;
  }

  ByteSource source;
  dcd::Header header;
  double length = 1, time = 1;  // of the file's units
};

namespace {

/// Records of one frame, one after another.
class FrameBytes {
 public:
  FrameBytes(const ByteSource& source, const dcd::Header& header, std::size_t frame)
      : source_(source), swapped_(header.swapped) {
    const std::size_t size = dcd::frame_bytes(header.particles, header.has_cell);
    begin_ = header.bytes + frame * size;
    bytes_ = source.read(begin_, begin_ + size, scratch_);
  }

  /// The bytes of the next record, which has so many.
  std::string_view record(std::size_t size) {
    const std::size_t marks[] = {at_, at_ + dcd::kMark + size};
    for (const std::size_t mark : marks)
      if (const auto n = dcd::value_at<std::int32_t>(bytes_, mark, swapped_); n != static_cast<std::int32_t>(size))
        dcd::fail(source_, begin_ + mark,
                  "a record of " + std::to_string(n) + " bytes in place of " + std::to_string(size));
    const std::string_view inside = bytes_.substr(at_ + dcd::kMark, size);
    at_ += size + 2 * dcd::kMark;
    return inside;
  }
  [[noreturn]] void fail(const std::string& what) const { dcd::fail(source_, begin_, what); }

 private:
  const ByteSource& source_;
  bool swapped_;
  Tensor<char, 1> scratch_;
  std::string_view bytes_;
  std::size_t begin_ = 0, at_ = 0;
};

/// Edges of a cell that is given by angles, by their cosines, or by the lower half of a matrix.
std::array<double, 3> edges_of(const FrameBytes& frame, std::string_view record, bool swapped) {
  const auto number = [&](std::size_t k) { return dcd::value_at<double>(record, 8 * k, swapped); };
  for (const std::size_t k : {1, 3, 4})
    if (!(std::abs(number(k)) < 1e-6) && !(std::abs(number(k) - 90) < 1e-4))
      frame.fail("the cell of this frame is triclinic; only boxes with edges along x, y and z are read");
  return {number(0), number(2), number(5)};
}

}  // namespace

DcdReader::DcdReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DcdReader::DcdReader(const std::string& path, const dynamics::Units& units)
    : impl_(std::make_unique<Impl>(ByteSource::open(path), units)) {}
DcdReader DcdReader::over(std::string_view bytes, const std::string& name, const dynamics::Units& units) {
  return DcdReader(std::make_unique<Impl>(ByteSource::over(bytes, name), units));
}
DcdReader::DcdReader(DcdReader&&) noexcept = default;
DcdReader::~DcdReader() = default;

std::ptrdiff_t DcdReader::particles() const noexcept { return static_cast<std::ptrdiff_t>(impl_->header.particles); }
std::size_t DcdReader::frames() const noexcept { return impl_->header.frames; }

DcdFrame DcdReader::read(std::size_t k) const {
  const dcd::Header& h = impl_->header;
  if (k >= h.frames)
    throw Error(Errc::out_of_range,
                impl_->source.name() + ": frame " + std::to_string(k) + " of " + std::to_string(h.frames) + ", from 0");
  throw_if_stopped();
  FrameBytes bytes(impl_->source, h, k);
  DcdFrame frame;
  if (h.has_cell) {
    auto edges = edges_of(bytes, bytes.record(dcd::kCellBytes), h.swapped);
    if (std::any_of(edges.begin(), edges.end(), [](double edge) { return edge > 0; })) {
      for (double& edge : edges) edge *= impl_->length;
      frame.edges = edges;
    }
  }
  frame.positions = Tensor<double, 2>({particles(), 3});
  for (std::ptrdiff_t d = 0; d < 3; ++d) {
    const std::string_view record = bytes.record(4 * h.particles);
    for (std::ptrdiff_t i = 0; i < particles(); ++i)
      frame.positions(i, d) = impl_->length * dcd::value_at<float>(record, 4 * static_cast<std::size_t>(i), h.swapped);
  }
  frame.step = h.first_step + static_cast<std::int64_t>(k) * h.every;
  frame.time = static_cast<double>(frame.step) * h.delta * impl_->time;
  return frame;
}

}  // namespace lagoon::files
