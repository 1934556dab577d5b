// SPDX-License-Identifier: Apache-2.0
#include "resizer.hpp"

#include <cstring>
#include <lagoon/engine/stop.hpp>
#include <optional>

#include "past_cache.hpp"

namespace lagoon::imaging::detail {
namespace {

constexpr std::ptrdiff_t kStripBytes = 3072;           // of a row between the passes
constexpr std::ptrdiff_t kRowsHeldBytes = 512 * 1024;  // of rows made ready
constexpr std::ptrdiff_t kTile = 512;                  // elements across, at a time
constexpr std::ptrdiff_t kRoom = 64;                   // elements behind, for whole vectors

template <class T>
void fetch(const T* x, std::ptrdiff_t n) {
  for (std::ptrdiff_t i = 0; i < n; i += static_cast<std::ptrdiff_t>(64 / sizeof(T))) __builtin_prefetch(x + i, 0, 2);
}

}  // namespace

/// What one task works with.
template <class T>
template <class W>
struct Resizer<T>::Scratch {
  using Row = std::conditional_t<std::is_same_v<W, std::int16_t>, std::uint8_t, float>;  // what comes in

  explicit Scratch(const Resizer& r)
      : row_size(padded(r.strip_elements()) + kRoom),
        ready(r.direct_ ? Tensor<Row, 2>() : Tensor<Row, 2>::zeros({r.down_.widest, row_size})),
        ready_row(Tensor<std::ptrdiff_t, 1>::filled({r.down_.widest}, -1)),
        rows({r.down_.widest}),
        side(Tensor<W, 2>::zeros({kSide, row_size})),
        between(Tensor<W, 2>::zeros({r.held_ * r.channels() + kRoom, kSide})),
        tile(Tensor<W, 2>::zeros({kTile + kRoom, kSide})),
        lines({kSide, kTile + kRoom}) {}

  std::ptrdiff_t row_size;
  Tensor<Row, 2> ready;                     // rows of the image, made ready: row y at y % widest
  Tensor<std::ptrdiff_t, 1> ready_row;      // which
  Tensor<const Row*, 1> rows;               // that one sum is made of
  Tensor<W, 2> side, between, tile, lines;  // after down, turned, after across, turned back
};

template <class T>
Resizer<T>::Resizer(In<T> from, std::ptrdiff_t rows, std::ptrdiff_t columns, const Part& part,
                    const ResizeOptions& options)
    : from_(from), work_{options.linear_light, has_alpha(from.extent(2))}, part_(part) {
  const std::ptrdiff_t wide = from.extent(1), n = wide * channels();
  fixed_ = std::is_same_v<T, std::uint8_t> && !work_.linear_light && !work_.weighted;
  direct_ = fixed_ && has_plain_rows(from) && n >= 64;
  down_ = resize_taps(options.filter, from.extent(0), rows, part.top, part.rows, kMaxShiftOfLevels);
  across_ = resize_taps(options.filter, wide, columns, part.left, part.columns, kMaxShiftOfFractions);
  halved_ = direct_ && options.filter == ResizeFilter::box && rows * 2 == from.extent(0) && columns * 2 == wide;

  const std::ptrdiff_t bytes = fixed_ ? 1 : 4;
  const std::ptrdiff_t most = std::clamp<std::ptrdiff_t>(direct_ ? kStripBytes : kRowsHeldBytes / bytes / down_.widest,
                                                         256, kStripBytes / (bytes == 1 ? 2 : 4));
  strips_ = std::clamp<std::ptrdiff_t>((n + most - 1) / most, 1, wide);
  // What stays from strip to strip.
  std::ptrdiff_t base = 0, next = 0;
  for (std::ptrdiff_t k = 0; k < strips_ && next < across_.size; ++k) {
    const std::ptrdiff_t end = strip(k + 1);
    held_ = std::max(held_, end - base);
    while (next < across_.size && across_.end(next) <= end) ++next;
    if (next < across_.size) base = std::min(across_.needed[next], end);
  }
}

template <class T>
template <class W>
void Resizer<T>::go_down(std::ptrdiff_t row, std::ptrdiff_t x0, std::ptrdiff_t x1, W* out, Scratch<W>& s) const {
  const std::ptrdiff_t begin = down_.begin[row], count = down_.count[row], n = (x1 - x0) * channels();
  // Rows that the next sum adds come into the cache meanwhile: strips are too short for the processor to foresee them.
  if (direct_ && row + 1 < down_.size)
    for (std::ptrdiff_t y = down_.end(row); y < down_.end(row + 1); ++y) fetch(row_of(from_, y) + x0 * channels(), n);
  for (std::ptrdiff_t k = 0; k < count; ++k) {
    const std::ptrdiff_t y = begin + k;
    if constexpr (std::is_same_v<T, typename Scratch<W>::Row> && std::is_same_v<W, std::int16_t>) {
      if (direct_) {
        s.rows[k] = row_of(from_, y) + x0 * channels();
        continue;
      }
    }
    const std::ptrdiff_t slot = y % down_.widest;
    s.rows[k] = s.ready.data() + slot * s.row_size;
    if (s.ready_row[slot] == y) continue;
    s.ready_row[slot] = y;
    if constexpr (std::is_same_v<W, float>) {
      to_work(from_, y, x0, x1, work_, s.ready.data() + slot * s.row_size);
    } else if constexpr (std::is_same_v<T, std::uint8_t>) {
      gather_row(from_, y, x0, x1, s.ready.data() + slot * s.row_size);
    }
  }
  if constexpr (std::is_same_v<W, float>) {
    resample_kernels().down_f32(s.rows.data(), down_.at(row), count, out, padded(n));
  } else {
    if (count % 2) s.rows[count] = s.rows[count - 1];  // whose weight is 0
    resample_kernels().down_u8(s.rows.data(), down_.fixed_at(row), (count + 1) / 2 * 2, down_.shift, out,
                               direct_ ? n : padded(n));
  }
}

template <class T>
template <class W>
void Resizer<T>::go_across(std::ptrdiff_t first, std::ptrdiff_t last, std::ptrdiff_t base, std::ptrdiff_t rows, T* to,
                           std::ptrdiff_t to_row, Scratch<W>& s) const {
  const std::ptrdiff_t c = channels(), step = kTile / c, line = kTile + kRoom;
  const ResampleKernels& kernels = resample_kernels();
  for (std::ptrdiff_t i = first; i < last; i += step) {
    const std::ptrdiff_t end = std::min(last, i + step), n = (end - i) * c;
    if constexpr (std::is_same_v<W, float>) {
      kernels.across_f32({across_.begin.data(), across_.count.data(), across_.weights.data(), across_.widest, i, end,
                          base, c * kSide, 0},
                         s.between.data(), s.tile.data());
      kernels.turn_f32(s.tile.data(), kSide, s.lines.data(), line, (n + 3) / 4 * 4, kSide);
    } else {
      kernels.across_i16({across_.begin.data(), across_.count.data(), across_.fixed.data(), across_.widest, i, end,
                          base, c * kSide, across_.shift},
                         s.between.data(), s.tile.data());
      kernels.turn_i16(s.tile.data(), kSide, s.lines.data(), line, (n + 7) / 8 * 8, kSide);
    }
    for (std::ptrdiff_t r = 0; r < rows; ++r) {
      W* const from = s.lines.data() + r * line;
      if constexpr (std::is_same_v<W, float>) {
        from_work(from, end - i, c, work_, to + r * to_row + i * c);
      } else if constexpr (std::is_same_v<T, std::uint8_t>) {
        kernels.narrow(from, to + r * to_row + i * c, n);
      }
    }
  }
}

template <class T>
template <class W>
void Resizer<T>::make_side(std::ptrdiff_t begin, std::ptrdiff_t rows, T* to, std::ptrdiff_t to_row,
                           Scratch<W>& s) const {
  const std::ptrdiff_t wide = channels() * kSide;
  std::ptrdiff_t base = 0, next = 0;
  for (std::ptrdiff_t k = 0; k < strips_ && next < across_.size; ++k) {
    throw_if_stopped();
    const std::ptrdiff_t x0 = strip(k), x1 = strip(k + 1), n = (x1 - x0) * channels();
    if (across_.needed[next] < x1) {
      std::fill_n(s.ready_row.data(), s.ready_row.size(), -1);
      for (std::ptrdiff_t r = 0; r < rows; ++r) go_down<W>(begin + r, x0, x1, s.side.data() + r * s.row_size, s);
      W* const at = s.between.data() + (x0 - base) * wide;
      if constexpr (std::is_same_v<W, float>) {
        resample_kernels().turn_f32(s.side.data(), s.row_size, at, kSide, kSide, (n + 3) / 4 * 4);
      } else {
        resample_kernels().turn_i16(s.side.data(), s.row_size, at, kSide, kSide, (n + 7) / 8 * 8);
      }
    }
    std::ptrdiff_t last = next;
    while (last < across_.size && across_.end(last) <= x1) ++last;
    go_across<W>(next, last, base, rows, to, to_row, s);
    next = last;
    if (next == across_.size) break;
    const std::ptrdiff_t kept = std::min(across_.needed[next], x1);
    std::memmove(s.between.data(), s.between.data() + (kept - base) * wide,
                 static_cast<std::size_t>((x1 - kept) * wide) * sizeof(W));
    base = kept;
  }
}

template <class T>
template <class W>
void Resizer<T>::make_in(std::ptrdiff_t begin, std::ptrdiff_t end, T* to, std::ptrdiff_t to_row) const {
  Scratch<W> scratch(*this);
  for (std::ptrdiff_t y = begin; y < end; y += kSide)
    make_side<W>(y, std::min(kSide, end - y), to + (y - begin) * to_row, to_row, scratch);
}

template <class T>
void Resizer<T>::halve(std::ptrdiff_t begin, std::ptrdiff_t end, T* to, std::ptrdiff_t to_row, bool past_cache) const {
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    std::optional<PastCache<T>> past;
    if (past_cache) past.emplace();
    for (std::ptrdiff_t y = begin; y < end; ++y, to += to_row) {
      const std::ptrdiff_t row = 2 * (part_.top + y), left = 2 * part_.left * channels();
      const T *above = row_of(from_, row) + left, *below = row_of(from_, row + 1) + left;
      // The next two rows: the processor does not foresee rows that are read side by side.
      const std::ptrdiff_t ahead = past && y + 1 < part_.rows ? 2 * from_.stride(0) : 0;
      const auto make = [&](std::ptrdiff_t first, std::ptrdiff_t last, T* out) {
        const std::ptrdiff_t at = 2 * first * channels();
        resample_kernels().halve_u8(above + at, below + at, out, last - first, channels(), ahead);
      };
      past ? past->put(to, part_.columns, channels(), make) : make(0, part_.columns, to);
    }
    if (past) finish_past_cache();
  }
}

template <class T>
void Resizer<T>::make(std::ptrdiff_t begin, std::ptrdiff_t end, T* to, std::ptrdiff_t to_row, bool past_cache) const {
  if (halved_) return halve(begin, end, to, to_row, past_cache);
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    if (fixed_) return make_in<std::int16_t>(begin, end, to, to_row);
  }
  make_in<float>(begin, end, to, to_row);
}

template class Resizer<std::uint8_t>;
template class Resizer<std::uint16_t>;
template class Resizer<float>;

}  // namespace lagoon::imaging::detail
