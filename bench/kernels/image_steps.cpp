// SPDX-License-Identifier: Apache-2.0
#include "kernels/image_steps.hpp"

#include <fmt/core.h>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/kernels/imaging/filters.hpp>
#include <lagoon/kernels/imaging/resize.hpp>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "kernels/handover.hpp"
#include "kernels/photographs.hpp"
#include "rivals/python_peer.hpp"
#include "runner/timing.hpp"

namespace lagoon::bench {
namespace {

using rivals::Step;
using rivals::StepCandidate;
using Pixels = imaging::Pixels<std::uint8_t>;

Pixels done(const Step& step) {
  const View<const std::uint8_t, 3> from(step.from.rgb, {step.from.rows, step.from.columns, 3});
  if (step.name == "box") return imaging::resize(from, step.rows, step.columns, {.filter = imaging::ResizeFilter::box});
  if (step.name == "lanczos3") return imaging::resize(from, step.rows, step.columns);
  if (step.name == "sharpen")
    return imaging::sharpen(from, {.sigma = step.strengths.sigma, .amount = step.strengths.amount});
  return imaging::adjust(from, {.brightness = step.strengths.brightness});
}

}  // namespace

StepCandidate our_step(const Step& step) {
  struct Ground {
    Engine engine{{.cores = 1}};
    Isolate isolate{engine, {.name = "picture"}};
    Pixels result;
  };
  const auto ground = std::make_shared<Ground>();
  StepCandidate c;
  c.candidate.name = "imaging, " + step.name;
  c.candidate.seconds = [=] {
    ground->result = {};  // its memory is used again, as that of rivals is
    return ground->isolate.run([&] { return seconds_of([&] { ground->result = done(step); }); });
  };
  c.candidate.result = [=] { return rivals::means_of_parts(raster_of(ground->result)); };
  c.pixels = [=] {
    const std::uint8_t* p = ground->result.data();
    return std::vector<std::uint8_t>(p, p + ground->result.size());
  };
  return c;
}

std::vector<StepCandidate> pillow_steps(const Step& step, bool pixels, std::string& missing) {
  struct Peer {
    PythonPeer python{1};
    std::vector<double> result;
  };
  try {
    const auto peer = std::make_shared<Peer>();
    {
      // The bytes of the pixels, eight to a number: the file is read as numbers and looked at as bytes.
      const auto count = static_cast<std::ptrdiff_t>(step.from.bytes() / sizeof(double));
      const Handover file(static_cast<const double*>(static_cast<const void*>(step.from.rgb)), count);
      peer->python.ask(fmt::format("load {} {} 0", file.path(), count));
    }
    peer->python.ask(fmt::format("picture {} {} {} {}", step.from.columns, step.from.rows, step.columns, step.rows));
    StepCandidate c;
    c.candidate.name =
        peer->python.ask("choose image_" + step.name + (pixels ? "_pixels" : "")).at("name").get<std::string>();
    c.candidate.seconds = [=] {
      const auto answer = peer->python.ask("time 1");
      peer->result = answer.at("result").get<std::vector<double>>();
      return answer.at("seconds").get<double>();
    };
    if (!pixels) c.candidate.result = [=] { return peer->result; };
    c.pixels = [=] { return std::vector<std::uint8_t>(peer->result.begin(), peer->result.end()); };
    std::vector<StepCandidate> one;
    one.push_back(std::move(c));
    return one;
  } catch (const std::exception& e) {
    missing = e.what();
    return {};
  }
}

}  // namespace lagoon::bench
