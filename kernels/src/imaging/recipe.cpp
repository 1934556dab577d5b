// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/imaging/recipe.hpp>

#include <lagoon/engine/parallel.hpp>
#include <optional>

#include "colour_map.hpp"
#include "resizer.hpp"
#include "smoother.hpp"
#include "turned.hpp"

namespace lagoon::imaging {
namespace {

std::ptrdiff_t scaled(std::ptrdiff_t side, double scale) {
  return std::max<std::ptrdiff_t>(1, static_cast<std::ptrdiff_t>(std::floor(static_cast<double>(side) * scale + 0.5)));
}

void check(const Recipe& recipe) {
  if (recipe.size && (recipe.size->columns < 1 || recipe.size->rows < 1))
    throw Error(Errc::invalid_argument, "recipe: the size is " + std::to_string(recipe.size->columns) + "x" +
                                            std::to_string(recipe.size->rows) + "; both sides must be 1 or more");
}

/// How large a picture becomes, and what of that is kept.
struct Plan {
  Size whole, kept;
};

Plan plan_of(const Recipe& recipe, Size from) {
  check(recipe);
  if (from.columns < 1 || from.rows < 1)
    throw Error(Errc::invalid_argument, "recipe: the picture is " + std::to_string(from.columns) + "x" +
                                            std::to_string(from.rows) + ": it has no pixels");
  if (!recipe.size) return {from, from};
  const Size to = *recipe.size;
  const double across = static_cast<double>(to.columns) / static_cast<double>(from.columns);
  const double down = static_cast<double>(to.rows) / static_cast<double>(from.rows);
  const double most = recipe.enlarge ? std::numeric_limits<double>::infinity() : 1.0;
  if (recipe.fit == Fit::exact) {
    const Size size = recipe.enlarge ? to : Size{std::min(to.columns, from.columns), std::min(to.rows, from.rows)};
    return {size, size};
  }
  const double scale = std::min(most, recipe.fit == Fit::fit ? std::min(across, down) : std::max(across, down));
  const Size whole{scaled(from.columns, scale), scaled(from.rows, scale)};
  return {whole, {std::min(to.columns, whole.columns), std::min(to.rows, whole.rows)}};
}

Size swapped(Size s) { return {s.rows, s.columns}; }

/// One picture on its way: bands of rows through all steps, turned as they are put down.
template <class T>
class Course {
 public:
  Course(View<const T, 3> from, int orientation, const Recipe& recipe)
      : from_(from), orientation_(orientation), grey_(recipe.grey) {
    const bool swaps = detail::swaps_sides(orientation);
    const Size stored{from.extent(1), from.extent(0)};
    Plan plan = plan_of(recipe, swaps ? swapped(stored) : stored);
    if (swaps) plan = {swapped(plan.whole), swapped(plan.kept)};
    size_ = plan.kept;
    if (plan.whole.columns != stored.columns || plan.whole.rows != stored.rows || recipe.linear_light) {
      const detail::Part part{(plan.whole.rows - size_.rows) / 2, (plan.whole.columns - size_.columns) / 2, size_.rows,
                              size_.columns};
      resizer_.emplace(from, plan.whole.rows, plan.whole.columns, part,
                       ResizeOptions{recipe.filter, recipe.linear_light});
    } else {
      from_ = from.slice(0, (stored.rows - size_.rows) / 2, (stored.rows + size_.rows) / 2)
                  .slice(1, (stored.columns - size_.columns) / 2, (stored.columns + size_.columns) / 2);
    }
    if (recipe.sharpen != 0)
      smoother_.emplace(Unsharp{.sigma = recipe.sharpen_sigma, .amount = recipe.sharpen}, channels());
    if (!recipe.colour.none()) colour_.emplace(recipe.colour, channels());
  }

  Pixels<T> run() const {
    const std::ptrdiff_t kept = grey_ ? detail::grey_channels(channels()) : channels();
    const bool swaps = detail::swaps_sides(orientation_);
    Pixels<T> result({swaps ? size_.columns : size_.rows, swaps ? size_.rows : size_.columns, kept});
    // The result as it would be stored like the picture that came in: where rows of a band go.
    const View<T, 3> to = detail::turned(result.view(), detail::inverse_orientation(orientation_));
    parallel_for(size_.rows, {rows_per_band()},
                 [&](std::ptrdiff_t begin, std::ptrdiff_t end) { make(begin, end, to.slice(0, begin, end)); });
    return result;
  }

 private:
  std::ptrdiff_t channels() const { return from_.extent(2); }
  std::ptrdiff_t row() const { return size_.columns * channels(); }
  std::ptrdiff_t radius() const { return smoother_ ? smoother_->radius() : 0; }

  /// Large enough that rows which two bands make are few, small enough for the cache and for some cores.
  std::ptrdiff_t rows_per_band() const {
    const std::ptrdiff_t rows = detail::rows_per_task(row(), 192 * 1024);
    if (!resizer_) return std::max(rows, 4 * radius());
    const std::ptrdiff_t sides = std::max({std::ptrdiff_t{3}, (rows + 2 * radius()) / detail::kSide, radius() / 4 + 1});
    return sides * detail::kSide - 2 * radius();
  }

  void make(std::ptrdiff_t begin, std::ptrdiff_t end, View<T, 3> to) const {
    const bool in_place = to.stride(1) == to.extent(2) && to.stride(2) == 1 && !grey_;
    // Rows are written where they belong, unless they are to be turned or made shorter.
    Pixels<T> resized, last;
    View<const T, 3> source = from_;
    std::ptrdiff_t first = 0;  // row of the source
    if (resizer_ && smoother_) {
      first = std::max<std::ptrdiff_t>(0, begin - radius());
      const std::ptrdiff_t past = std::min(size_.rows, end + radius());
      resized = Pixels<T>({past - first, size_.columns, channels()});
      resizer_->make(first, past, resized.data(), row());
      source = resized.view();
    }
    T* out = to.data();
    std::ptrdiff_t step = to.stride(0);
    if (!in_place) {
      last = Pixels<T>({end - begin, size_.columns, channels()});
      out = last.data();
      step = row();
    }
    if (smoother_) {
      smoother_->make(source, begin - first, end - first, out, step);
    } else if (resizer_) {
      resizer_->make(begin, end, out, step);
    } else {
      for (std::ptrdiff_t y = begin; y < end; ++y)
        detail::gather_row(from_, y, 0, size_.columns, out + (y - begin) * step);
    }
    finish(out, step, end - begin);
    if (!in_place) put_down(last, to);
  }

  void finish(T* rows, std::ptrdiff_t step, std::ptrdiff_t count) const {
    for (std::ptrdiff_t y = 0; y < count; ++y) {
      T* const row = rows + y * step;
      if (colour_) colour_->row(row, row, size_.columns);
      if (grey_) detail::grey_row(row, row, size_.columns, channels());  // shorter: it stays ahead of itself
    }
  }

  void put_down(const Pixels<T>& rows, View<T, 3> to) const {
    const View<const T, 3> from(rows.data(), to.extents(), {row(), to.extent(2), 1});
    detail::copy_pixels<T>(from, to);
  }

  View<const T, 3> from_;
  int orientation_;
  bool grey_;
  Size size_;  // as stored
  std::optional<detail::Resizer<T>> resizer_;
  std::optional<detail::Smoother<T>> smoother_;
  std::optional<detail::ColourMap<T>> colour_;
};

}  // namespace

Size size_after(const Recipe& recipe, Size from) { return plan_of(recipe, from).kept; }

Picture apply(const Picture& picture, const Recipe& recipe) {
  check(recipe);
  const int said = picture.metadata.orientation;
  const int orientation = recipe.upright && said >= 1 && said <= 8 ? said : 1;  // files may say what EXIF does not know
  Picture result;
  result.pixels = std::visit(
      [&]<class T>(const Pixels<T>& pixels) -> AnyPixels {
        detail::check_pixels<T>(pixels, "recipe");
        return Course<T>(pixels, orientation, recipe).run();
      },
      picture.pixels);
  result.metadata = picture.metadata;
  if (recipe.upright) result.metadata.orientation = 1;
  result.format = picture.format;
  result.warnings = picture.warnings;
  return result;
}

}  // namespace lagoon::imaging
