// SPDX-License-Identifier: Apache-2.0
#include "kernels/develop.hpp"

#include <lagoon/engine/parallel.hpp>
#include <lagoon/kernels/files/picture.hpp>
#include <lagoon/kernels/imaging/recipe.hpp>

#include <utility>

#include "runner/timing.hpp"

namespace lagoon::bench {

rivals::Jpeg develop(const rivals::Jpeg& file, const rivals::Development& d) {
  imaging::Recipe recipe{.size = imaging::Size{d.columns, d.rows}, .fit = imaging::Fit::exact};
  recipe.sharpen = d.amount;
  recipe.sharpen_sigma = d.sigma;
  recipe.colour.brightness = d.brightness;
  files::PictureReadOptions read;
  if (!d.full_decode) {
    read.at_least_columns = d.columns;
    read.at_least_rows = d.rows;
    read.upright = true;
  }
  const imaging::Picture decoded = files::decode_picture(file, "a photograph", read);
  return files::encode_picture(imaging::apply(decoded, recipe), {.format = "jpeg", .quality = d.quality});
}

Darkroom::Darkroom(rivals::Photographs photographs, const rivals::Development& development, unsigned workers)
    : photographs_(std::move(photographs)),
      development_(development),
      results_(photographs_->size()),
      engine_({.cores = workers}),
      isolate_(engine_, {.name = "darkroom"}) {}

double Darkroom::develop_all() {
  return isolate_.run([&] {
    return seconds_of([&] {
      parallel_for(static_cast<std::ptrdiff_t>(results_.size()), {1}, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
          results_[i] = develop((*photographs_)[i], development_);
      });
    });
  });
}

std::string workers_of(unsigned workers) { return workers == 1 ? "one worker" : std::to_string(workers) + " workers"; }

}  // namespace lagoon::bench
