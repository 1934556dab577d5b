// SPDX-License-Identifier: Apache-2.0
// One thing done to one picture of 24 megapixels, on one thread, beside OpenCV, libvips, Pillow and a copy; and how far
// results are from exact ones.
#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>

#include "kernels/beside.hpp"
#include "kernels/develop.hpp"
#include "kernels/image_steps.hpp"
#include "kernels/photographs.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

using rivals::Candidate;
using rivals::Development;
using rivals::Step;
using rivals::StepCandidate;
using Set = std::shared_ptr<PhotographSet>;

constexpr Unit kMegapixels{"Mpix/s", 1e-6};
constexpr Unit kDecibels{"dB", 1};
/// How far means of parts may be apart, as a share of the brightest: filters differ in how they treat edges.
constexpr double kSame = 0.02;

/// A step on the large picture, which stays while its candidates do.
Step step_of(const Set& set, int large, const std::string& name, int columns, int rows) {
  return {name, raster_of(set->large(large)), columns, rows};
}

std::vector<StepCandidate> rivals_of(const Step& step, bool pixels, std::string& missing) {
  std::vector<StepCandidate> all;
  const auto add = [&](std::vector<StepCandidate> some) {
    std::move(some.begin(), some.end(), std::back_inserter(all));
  };
  add(rivals::opencv_steps(step));
  add(rivals::vips_steps(step));
  if (step.name == "box" || step.name == "lanczos3") add(pillow_steps(step, pixels, missing));
  return all;
}

double pixels_in(const Step& step) { return static_cast<double>(step.from.bytes()) / 3; }

Pair step_pair(const Step& step, const std::string& only = {}) {
  std::string missing;
  std::vector<Candidate> others;
  for (const StepCandidate& other : rivals_of(step, false, missing)) others.push_back(other.candidate);
  return beside_fastest(our_step(step).candidate, others, pixels_in(step), kSame, missing, only);
}

Pair copy_pair(const Step& step) {
  Candidate ours = our_step(step).candidate;
  ours.result = {};  // there is nothing to compare
  return beside_fastest(ours, {rivals::copy_loop(step.from)}, pixels_in(step), 0);
}

Side told(const std::string& name, double figure) {
  return {name,
          [figure](benchmark::State& state) {
            for (auto _ : state) benchmark::DoNotOptimize(figure);
            set_figure(state, figure);
          },
          1};
}

/// What each is called, with its PSNR; ours first. The best of the others is the rival.
Pair quality_pair(const std::vector<std::pair<std::string, double>>& all, const std::string& missing) {
  Pair pair;
  pair.ours = told(all.front().first, all.front().second);
  pair.rival = absent("OpenCV, libvips, Pillow", "none of them is installed");
  double best = 0;
  for (std::size_t i = 1; i < all.size(); ++i) {
    pair.note += fmt::format("{}{} {:.2f} dB", i > 1 ? "; " : "", all[i].first, all[i].second);
    if (all[i].second <= best) continue;
    best = all[i].second;
    pair.rival = told(all[i].first, best);
  }
  if (!missing.empty()) pair.note += (pair.note.empty() ? "" : "; ") + missing;
  return pair;
}

Pair resize_quality_pair(const Step& step) {
  const Exact exact = exact_lanczos3(exact_of(step.from), step.rows, step.columns);
  const auto quality = [&](const StepCandidate& c) {
    c.candidate.seconds();
    const std::vector<std::uint8_t> pixels = c.pixels();
    return std::pair(c.candidate.name, psnr({pixels.data(), step.columns, step.rows}, exact));
  };
  std::vector<std::pair<std::string, double>> all{quality(our_step(step))};
  std::string missing;
  for (const StepCandidate& other : rivals_of(step, true, missing))
    if (other.candidate.seconds) all.push_back(quality(other));
  return quality_pair(all, missing);
}

/// The mean over the first photographs of the PSNR of what is made of them, JPEG and all.
Pair pipeline_quality_pair(const Set& set, bool full_decode) {
  constexpr std::size_t kPhotographs = 4;
  const auto photographs = set->files();
  const std::size_t count = std::min(kPhotographs, photographs->size());
  const Development development{.full_decode = full_decode};
  std::vector<Exact> exact;
  for (std::size_t i = 0; i < count; ++i)
    exact.push_back(exact_development(raster_of(pixels_of((*photographs)[i])), development));
  const auto quality = [&](const std::function<rivals::Jpeg(std::size_t)>& develop_one) {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto pixels = pixels_of(develop_one(i));
      sum += psnr(raster_of(pixels), exact[i]);
    }
    return sum / static_cast<double>(count);
  };
  std::vector<std::pair<std::string, double>> all;
  all.emplace_back("imaging", quality([&](std::size_t i) { return develop((*photographs)[i], development); }));
  std::string missing;
  for (const auto& library : {rivals::opencv(photographs, development), rivals::vips(photographs, development)})
    for (const rivals::Developer& other : library) {
      if (other.missing.empty())
        all.emplace_back(other.name, quality(other.worker()));
      else
        missing += (missing.empty() ? "" : "; ") + other.name + " " + other.missing;
    }
  return quality_pair(all, missing);
}

}  // namespace

void add_image_single_rows(Rows& rows, const RunOptions& options) {
  const auto set = std::make_shared<PhotographSet>(options.quick ? 1 : 4);
  const int large = options.quick ? 2400 : 6000;
  const int half = large / 2, high = large / 3;  // the picture has 2/3 as many rows as columns
  const auto add = [&](const std::string& name, std::optional<double> goal, std::function<Pair()> make) {
    rows.push_back({"images.single." + name, kMegapixels, Better::higher, goal, std::move(make), Judge::ratio, 0.3, 9});
  };
  for (const auto& filter : {std::string("box"), std::string("lanczos3")}) {
    add("resize_800x600." + filter, 2.0, [=] { return step_pair(step_of(set, large, filter, 800, 600)); });
    add("resize_3000x2000." + filter, 1.5, [=] { return step_pair(step_of(set, large, filter, half, high)); });
  }
  for (const auto& filter : {std::string("sharpen"), std::string("brightness")}) {
    const auto step = [=] { return step_of(set, large, filter, large, 2 * high); };
    add(filter + ".over_copy", 0.8, [=] { return copy_pair(step()); });
    add(filter + ".opencv", {}, [=] { return step_pair(step(), "OpenCV"); });
  }
  const auto add_quality = [&](const std::string& name, std::function<Pair()> make) {
    rows.push_back({"images.quality." + name, kDecibels, Better::higher, 1, std::move(make), Judge::ratio, 0, 1});
  };
  add_quality("resize_800x600", [=] { return resize_quality_pair(step_of(set, large, "lanczos3", 800, 600)); });
  add_quality("pipeline", [=] { return pipeline_quality_pair(set, false); });
  add_quality("pipeline.full_decode", [=] { return pipeline_quality_pair(set, true); });
}

}  // namespace lagoon::bench
