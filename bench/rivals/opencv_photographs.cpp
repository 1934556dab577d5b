// SPDX-License-Identifier: Apache-2.0
// OpenCV, the fastest of the libraries that photographs are shrunk with in C++: one thread inside each call
// (cv::setNumThreads(1)), workers side by side. Decoded at 1/8, 1/4 or 1/2 where that is large enough.
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <cstring>
#include <stdexcept>

#include "rivals/photographs.hpp"
#include "runner/timing.hpp"

namespace lagoon::bench::rivals {
namespace {

const std::string kVersion = "OpenCV " CV_VERSION;

int decode_flag(int shrink) {
  return shrink == 8   ? cv::IMREAD_REDUCED_COLOR_8
         : shrink == 4 ? cv::IMREAD_REDUCED_COLOR_4
         : shrink == 2 ? cv::IMREAD_REDUCED_COLOR_2
                       : cv::IMREAD_COLOR;
}

enum class Sharpen { filter2d, blurred };
const char* name_of(Sharpen way) { return way == Sharpen::filter2d ? "filter2D" : "GaussianBlur + addWeighted"; }

/// Both ways that its users know to an unsharp mask.
class Sharpener {
 public:
  Sharpener(Sharpen way, const Development& d) : way_(way), sigma_(d.sigma), amount_(d.amount) {
    const Weights w = unsharp_weights(d.sigma, d.amount);
    kernel_ =
        (cv::Mat_<float>(3, 3) << w.corner, w.edge, w.corner, w.edge, w.centre, w.edge, w.corner, w.edge, w.corner);
  }
  void operator()(const cv::Mat& from, cv::Mat& to) {
    if (way_ == Sharpen::filter2d) {
      cv::filter2D(from, to, -1, kernel_, {-1, -1}, 0, cv::BORDER_REPLICATE);
    } else {
      cv::GaussianBlur(from, blurred_, {3, 3}, sigma_, sigma_, cv::BORDER_REPLICATE);
      cv::addWeighted(from, 1 + amount_, blurred_, -amount_, 0, to);
    }
  }

 private:
  const Sharpen way_;
  const double sigma_, amount_;
  cv::Mat kernel_, blurred_;
};

std::vector<std::uint8_t> bytes_of(const cv::Mat& m) { return {m.datastart, m.dataend}; }

Developer developer(const Photographs& photographs, const Development& development, Sharpen way) {
  struct Worker {
    Worker(const Development& d, Sharpen way) : development(d), sharpen(way, d) {}
    Jpeg operator()(const Jpeg& file, int shrink) {
      const cv::Mat bytes(1, static_cast<int>(file.size()), CV_8U, const_cast<std::byte*>(file.data()));
      cv::imdecode(bytes, decode_flag(shrink), &decoded);
      if (decoded.empty()) throw std::runtime_error("OpenCV cannot decode a photograph");
      cv::resize(decoded, small, {development.columns, development.rows}, 0, 0, cv::INTER_AREA);
      sharpen(small, sharp);
      sharp.convertTo(bright, -1, development.brightness, 0);
      cv::imencode(".jpg", bright, out, {cv::IMWRITE_JPEG_QUALITY, development.quality});
      Jpeg result(out.size());
      std::memcpy(result.data(), out.data(), out.size());
      return result;
    }
    const Development development;
    Sharpener sharpen;
    cv::Mat decoded, small, sharp, bright;
    std::vector<std::uint8_t> out;
  };
  // All have one size, which is asked once, since OpenCV does not tell it without decoding.
  const Jpeg& first = photographs->front();
  const cv::Mat bytes(1, static_cast<int>(first.size()), CV_8U, const_cast<std::byte*>(first.data()));
  const cv::Mat whole = cv::imdecode(bytes, cv::IMREAD_COLOR);
  const int shrink = shrink_on_load(whole.cols, whole.rows, development);
  const std::string scale = shrink == 1 ? "" : " at 1/" + std::to_string(shrink);
  return {kVersion + scale + ", INTER_AREA, " + name_of(way), [=] {
            auto worker = std::make_shared<Worker>(development, way);
            return [=](std::size_t i) { return (*worker)((*photographs)[i], shrink); };
          }};
}

std::vector<Developer> developers(const Photographs& photographs, const Development& development) {
  cv::setNumThreads(1);
  return {developer(photographs, development, Sharpen::filter2d),
          developer(photographs, development, Sharpen::blurred)};
}

StepCandidate step_candidate(const std::string& name, const Step& step,
                             const std::function<void(const cv::Mat&, cv::Mat&)>& run) {
  const auto to = std::make_shared<cv::Mat>();
  StepCandidate c;
  c.candidate.name = kVersion + ", " + name;
  c.candidate.seconds = [=] {
    const cv::Mat from(step.from.rows, step.from.columns, CV_8UC3, const_cast<std::uint8_t*>(step.from.rgb));
    return seconds_of([&] { run(from, *to); });
  };
  c.candidate.result = [=] { return means_of_parts({to->data, to->cols, to->rows}); };
  c.pixels = [=] { return bytes_of(*to); };
  return c;
}

/// INTER_LANCZOS4 does not widen when it shrinks and aliases: it is nobody's rival here.
std::vector<StepCandidate> steps(const Step& step) {
  cv::setNumThreads(1);
  if (step.name == "box")
    return {step_candidate("resize INTER_AREA", step, [=](const cv::Mat& from, cv::Mat& to) {
      cv::resize(from, to, {step.columns, step.rows}, 0, 0, cv::INTER_AREA);
    })};
  std::vector<StepCandidate> all;
  if (step.name == "sharpen") {
    for (const Sharpen way : {Sharpen::filter2d, Sharpen::blurred}) {
      const auto sharpen = std::make_shared<Sharpener>(way, step.strengths);
      all.push_back(
          step_candidate(name_of(way), step, [=](const cv::Mat& from, cv::Mat& to) { (*sharpen)(from, to); }));
    }
  } else if (step.name == "brightness") {
    all.push_back(step_candidate("convertTo", step, [=](const cv::Mat& from, cv::Mat& to) {
      from.convertTo(to, -1, step.strengths.brightness, 0);
    }));
    cv::Mat table(1, 256, CV_8U);
    for (int i = 0; i < 256; ++i)
      table.at<std::uint8_t>(i) = cv::saturate_cast<std::uint8_t>(i * step.strengths.brightness);
    all.push_back(step_candidate("LUT", step, [=](const cv::Mat& from, cv::Mat& to) { cv::LUT(from, table, to); }));
  }
  return all;
}

}  // namespace

extern "C" const ImageLibrary* lagoon_bench_image_library() {
  static const ImageLibrary library{developers, steps};
  return &library;
}

}  // namespace lagoon::bench::rivals
