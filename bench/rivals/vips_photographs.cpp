// SPDX-License-Identifier: Apache-2.0
// libvips, the library that batches of photographs are shrunk with: one thread inside each picture
// (vips_concurrency_set(1)), workers side by side, no cache of operations.
//
// vips_thumbnail_buffer is what its manual tells to call. It decodes at twice the size that is wanted, for the sake of
// quality; the second way decodes at the smallest scale that is large enough, as others do here.
#include <vips/vips.h>

#include <cmath>
#include <cstring>
#include <stdexcept>

#include "rivals/photographs.hpp"
#include "runner/timing.hpp"

namespace lagoon::bench::rivals {
namespace {

struct Unref {
  void operator()(VipsImage* image) const { g_object_unref(image); }
};
using Image = std::unique_ptr<VipsImage, Unref>;

void check(int failed) {
  if (!failed) return;
  const std::string why = vips_error_buffer();
  vips_error_clear();
  throw std::runtime_error("libvips: " + why);
}

/// Calls an operation of libvips whose result is its `VipsImage**`.
template <class F>
Image made(F&& operation) {
  VipsImage* out = nullptr;
  check(operation(&out));
  return Image(out);
}

std::string start() {
  static const bool started = VIPS_INIT("lagoon_bench") == 0;
  if (!started) throw std::runtime_error("libvips does not start");
  vips_cache_set_max(0);
  vips_concurrency_set(1);
  return std::string("libvips ") + std::to_string(vips_version(0)) + "." + std::to_string(vips_version(1)) + "." +
         std::to_string(vips_version(2));
}

/// The mask in whole numbers and a scale, which is what vips_conv's fast way wants.
Image sharpen_mask(const Development& d) {
  constexpr double kScale = 128;
  const Weights w = unsharp_weights(d.sigma, d.amount);
  const double corner = std::round(kScale * w.corner), edge = std::round(kScale * w.edge);
  Image mask(vips_image_new_matrixv(3, 3, corner, edge, corner, edge, kScale - 4 * (corner + edge), edge, corner, edge,
                                    corner));
  vips_image_set_double(mask.get(), "scale", kScale);
  return mask;
}

Image sharpened(VipsImage* from, VipsImage* mask) {
  return made(
      [&](VipsImage** out) { return vips_conv(from, out, mask, "precision", VIPS_PRECISION_INTEGER, nullptr); });
}
Image brightened(VipsImage* from, double factor) {
  return made([&](VipsImage** out) { return vips_linear1(from, out, factor, 0.0, "uchar", TRUE, nullptr); });
}
Image resized(VipsImage* from, int columns, int rows, VipsKernel kernel) {
  return made([&](VipsImage** out) {
    return vips_resize(from, out, static_cast<double>(columns) / vips_image_get_width(from), "vscale",
                       static_cast<double>(rows) / vips_image_get_height(from), "kernel", kernel, nullptr);
  });
}

enum class Load { thumbnail, smallest_scale };

/// A photograph as small as is wanted. The file stays: nothing is decoded before the end of the pipeline pulls.
Image small(const Jpeg& file, const Development& d, Load way) {
  auto* bytes = const_cast<void*>(static_cast<const void*>(file.data()));
  if (way == Load::thumbnail && !d.full_decode)
    return made([&](VipsImage** out) {
      return vips_thumbnail_buffer(bytes, file.size(), out, d.columns, "height", d.rows, "size", VIPS_SIZE_FORCE,
                                   nullptr);
    });
  const Image header = made([&](VipsImage** out) { return vips_jpegload_buffer(bytes, file.size(), out, nullptr); });
  const int shrink = shrink_on_load(vips_image_get_width(header.get()), vips_image_get_height(header.get()), d);
  const Image decoded = made([&](VipsImage** out) {
    return vips_jpegload_buffer(bytes, file.size(), out, "shrink", shrink, "access", VIPS_ACCESS_SEQUENTIAL, nullptr);
  });
  return resized(decoded.get(), d.columns, d.rows, VIPS_KERNEL_LANCZOS3);
}

Jpeg develop(const Jpeg& file, const Development& d, Load way) {
  const Image mask = sharpen_mask(d);
  const Image picture = small(file, d, way);
  const Image sharp = sharpened(picture.get(), mask.get());
  const Image bright = brightened(sharp.get(), d.brightness);
  void* out = nullptr;
  std::size_t size = 0;
  check(vips_jpegsave_buffer(bright.get(), &out, &size, "Q", d.quality, "strip", TRUE, nullptr));
  Jpeg result(size);
  std::memcpy(result.data(), out, size);
  g_free(out);
  return result;
}

std::vector<Developer> developers(const Photographs& photographs, const Development& development) {
  const std::string version = start();
  const auto developer = [&](const char* name, Load way) {
    return Developer{version + ", " + name, [=] {
                       // What libvips keeps for this thread goes when the worker does.
                       const std::shared_ptr<void> worker(nullptr, [](void*) { vips_thread_shutdown(); });
                       return [=](std::size_t i) {
                         static_cast<void>(worker);
                         return develop((*photographs)[i], development, way);
                       };
                     }};
  };
  if (development.full_decode) return {developer("jpegload, resize", Load::smallest_scale)};
  return {developer("thumbnail", Load::thumbnail), developer("jpegload at scale, resize", Load::smallest_scale)};
}

StepCandidate step_candidate(const std::string& name, const Step& step, const std::function<Image(VipsImage*)>& run) {
  struct Result {
    std::vector<std::uint8_t> pixels;
  };
  const auto result = std::make_shared<Result>();
  StepCandidate c;
  c.candidate.name = start() + ", " + name;
  c.candidate.seconds = [=] {
    const Image from(vips_image_new_from_memory(step.from.rgb, step.from.bytes(), step.from.columns, step.from.rows, 3,
                                                VIPS_FORMAT_UCHAR));
    void* out = nullptr;
    std::size_t size = 0;
    const double seconds = seconds_of([&] { out = vips_image_write_to_memory(run(from.get()).get(), &size); });
    check(out == nullptr);
    const auto* bytes = static_cast<const std::uint8_t*>(out);
    result->pixels.assign(bytes, bytes + size);
    g_free(out);
    return seconds;
  };
  c.candidate.result = [=] { return means_of_parts({result->pixels.data(), step.columns, step.rows}); };
  c.pixels = [=] { return result->pixels; };
  return c;
}

std::vector<StepCandidate> steps(const Step& step) {
  start();
  if (step.name == "lanczos3")
    return {step_candidate("resize, lanczos3", step,
                           [=](VipsImage* i) { return resized(i, step.columns, step.rows, VIPS_KERNEL_LANCZOS3); })};
  if (step.name == "sharpen") {
    const std::shared_ptr<VipsImage> mask(sharpen_mask(step.strengths));
    return {step_candidate("conv", step, [=](VipsImage* i) { return sharpened(i, mask.get()); })};
  }
  if (step.name == "brightness")
    return {step_candidate("linear", step, [=](VipsImage* i) { return brightened(i, step.strengths.brightness); })};
  return {};
}

}  // namespace

extern "C" const ImageLibrary* lagoon_bench_image_library() {
  static const ImageLibrary library{developers, steps};
  return &library;
}

}  // namespace lagoon::bench::rivals
