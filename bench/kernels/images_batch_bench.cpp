// SPDX-License-Identifier: Apache-2.0
// Fifty photographs made small, beside OpenCV, libvips, and what TurboJPEG alone needs; and the memory that takes.
#include <fmt/core.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <optional>
#include <stdexcept>
#include <thread>

#include "kernels/beside.hpp"
#include "kernels/develop.hpp"
#include "kernels/photographs.hpp"
#include "runner/process_memory.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

using rivals::Candidate;
using rivals::Developer;
using rivals::Development;
using rivals::Jpeg;

constexpr Unit kImages{"images/s", 1};
constexpr Unit kOfLimit{"of the limit", 1};
/// How far means of parts may be apart, as a share of the brightest: filters and scales of decoding differ, and a
/// picture that was not brightened or is not the same differs by more.
constexpr double kSame = 0.03;
using Set = std::shared_ptr<PhotographSet>;

std::vector<double> means_of(const std::vector<Jpeg>& results) {
  std::vector<double> all;
  for (const Jpeg& file : results) {
    const auto pixels = pixels_of(file);
    const auto means = rivals::means_of_parts(raster_of(pixels));
    all.push_back(static_cast<double>(pixels.extent(0)));
    all.push_back(static_cast<double>(pixels.extent(1)));
    for (double mean : means) all.push_back(4 * mean);  // that sizes are not the largest numbers
  }
  return all;
}

/// Workers that are threads, each with what it keeps, and take the next photograph when they are done with one.
double develop_on_threads(const Developer& developer, unsigned workers, std::vector<Jpeg>& results) {
  std::atomic<std::size_t> next{0};
  std::vector<std::exception_ptr> errors(workers);
  const auto work = [&](unsigned worker) {
    try {
      const auto develop_one = developer.worker();
      for (std::size_t i = next++; i < results.size(); i = next++) results[i] = develop_one(i);
    } catch (...) {
      errors[worker] = std::current_exception();
    }
  };
  const double seconds = seconds_of([&] {
    std::vector<std::thread> others;
    for (unsigned worker = 1; worker < workers; ++worker) others.emplace_back(work, worker);
    work(0);
    for (std::thread& other : others) other.join();
  });
  for (const std::exception_ptr& error : errors)
    if (error) std::rethrow_exception(error);
  return seconds;
}

Candidate candidate_of(const Developer& developer, std::size_t count, unsigned workers) {
  Candidate c;
  c.name = developer.name + ", " + workers_of(workers);
  c.missing = developer.missing;
  if (!c.missing.empty()) return c;
  const auto results = std::make_shared<std::vector<Jpeg>>(count);
  c.seconds = [=] { return develop_on_threads(developer, workers, *results); };
  c.result = [=] { return means_of(*results); };
  return c;
}

Candidate ours(const std::shared_ptr<Darkroom>& room, unsigned workers) {
  Candidate c;
  c.name = "imaging, " + workers_of(workers);
  c.seconds = [room] { return room->develop_all(); };
  c.result = [room] { return means_of(room->results()); };
  return c;
}

enum class Rival { opencv, vips, floor };

std::vector<Developer> developers_of(Rival rival, const rivals::Photographs& files, const Development& development,
                                     Darkroom& room) {
  if (rival == Rival::opencv) return rivals::opencv(files, development);
  if (rival == Rival::vips) return rivals::vips(files, development);
  room.develop_all();
  return rivals::turbojpeg(files, development, room.results());
}

/// `only`: of several ways of a rival, the one that the goal means; it is a part of the name.
Pair batch_pair(const Set& set, Rival rival, bool full_decode, unsigned workers, const std::string& only = {}) {
  const Development development{.full_decode = full_decode};
  const auto files = set->files();
  const auto room = std::make_shared<Darkroom>(files, development, workers);
  std::vector<Candidate> others;
  for (const Developer& developer : developers_of(rival, files, development, *room))
    if (!developer.missing.empty() || developer.name.find(only) != std::string::npos)
      others.push_back(candidate_of(developer, files->size(), workers));
  Pair pair = beside_fastest(ours(room, workers), others, static_cast<double>(files->size()), kSame);
  pair.note += (pair.note.empty() ? "" : "; ") + set->about();
  return pair;
}

Pair two_over_one_pair(const Set& set) {
  const auto files = set->files();
  const auto two = std::make_shared<Darkroom>(files, Development{}, 2);
  const auto one = std::make_shared<Darkroom>(files, Development{}, 1);
  two->develop_all();
  one->develop_all();
  if (two->results() != one->results()) throw std::runtime_error("two workers make other bytes than one");
  return beside_fastest(ours(two, 2), {ours(one, 1)}, static_cast<double>(files->size()), 0);
}

/// By what the process grows at most while two workers make all, over 64 MiB and an image, as decoded, per worker.
Pair memory_pair(const Set& set, bool full_decode) {
  constexpr unsigned kWorkers = 2;
  const Development development{.full_decode = full_decode};
  const auto files = set->files();
  const int shrink = rivals::shrink_on_load(4000, 3000, development);
  const double image = 3.0 * (4000.0 / shrink) * (3000.0 / shrink);
  const double limit = 64.0 * (1 << 20) + kWorkers * image;
  Pair pair;
  pair.ours = {"growth of the process at its peak, two workers",
               [=](benchmark::State& state) {
                 double most = 0;
                 for (auto _ : state) {
                   malloc_trim(0);  // what earlier rows left free would hide what this one takes
                   forget_peak();
                   const double before = memory_of_process("VmRSS");
                   Darkroom(files, development, kWorkers).develop_all();
                   most = std::max(most, memory_of_process("VmHWM") - before);
                 }
                 set_figure(state, most / limit);
               },
               1};
  pair.note = fmt::format("limit {:.0f} MiB", limit / (1 << 20));
  return pair;
}

}  // namespace

void add_image_batch_rows(Rows& rows, const RunOptions& options) {
  const auto set = std::make_shared<PhotographSet>(options.quick ? 3 : 50);
  const std::string batch = "images.batch50";
  const auto add = [&](const std::string& name, std::optional<double> goal, std::function<Pair()> make) {
    rows.push_back({name, kImages, Better::higher, goal, std::move(make), Judge::ratio, 0, 5});
  };
  for (const unsigned workers : {1u, 2u}) {
    const std::string end = workers == 2 ? ".two_workers" : "";
    add(batch + ".opencv" + end, 1.25, [=] { return batch_pair(set, Rival::opencv, false, workers); });
    add(batch + ".libvips" + end, 2.0, [=] { return batch_pair(set, Rival::vips, false, workers, "thumbnail"); });
    add(batch + ".libvips_at_scale" + end, {},
        [=] { return batch_pair(set, Rival::vips, false, workers, "at scale"); });
    add(batch + ".floor" + end, 0.9, [=] { return batch_pair(set, Rival::floor, false, workers); });
    add(batch + ".full_decode.opencv" + end, 1.5, [=] { return batch_pair(set, Rival::opencv, true, workers); });
    add(batch + ".full_decode.libvips" + end, {}, [=] { return batch_pair(set, Rival::vips, true, workers); });
  }
  add(batch + ".two_over_one", 1.9, [=] { return two_over_one_pair(set); });
  for (const bool full : {false, true})
    rows.push_back({std::string("images.peak_memory") + (full ? ".full_decode" : ""), kOfLimit, Better::lower, 1.0,
                    [=] { return memory_pair(set, full); }, Judge::figure, 0, 3});
}

}  // namespace lagoon::bench
