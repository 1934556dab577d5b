// SPDX-License-Identifier: Apache-2.0
#include <lagoon/kernels/streaming/detector.hpp>

#include <cmath>
#include <lagoon/core/error.hpp>
#include <limits>
#include <string>

#include "model.hpp"
#include "saved.hpp"

namespace lagoon::streaming {
namespace {

constexpr files::Seal kSeal{.kind = "detector", .version = 1};

const DetectorOptions& checked(const DetectorOptions& options) {
  detail::check(options);
  return options;
}

}  // namespace

struct Detector::Impl {
  explicit Impl(const DetectorOptions& options) : model(checked(options)) {}
  template <class Archive>
  void serialize(Archive& archive) {
    archive(newest, model);
  }

  double newest = std::numeric_limits<double>::lowest();  // time
  detail::Model model;
};

Detector::Detector(const DetectorOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Detector::~Detector() = default;
Detector::Detector(Detector&&) noexcept = default;
Detector& Detector::operator=(Detector&&) noexcept = default;

Judgement Detector::add(double time, double value) {
  if (!std::isfinite(time) || time < impl_->newest)
    throw Error(Errc::invalid_argument, "Detector: time is " + std::to_string(time) + "; a finite one is wanted, of " +
                                            std::to_string(impl_->newest) + " or later");
  impl_->newest = time;
  return impl_->model.add(time, value);
}

std::string Detector::state() const {
  return detail::saved(kSeal, [&](auto& archive) { archive(*impl_); });
}

Detector Detector::from_state(std::string_view bytes) {
  Detector detector;
  detail::restore(kSeal, bytes, "Detector::from_state", [&](auto& archive) { archive(*detector.impl_); });
  return detector;
}

}  // namespace lagoon::streaming
