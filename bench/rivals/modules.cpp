// SPDX-License-Identifier: Apache-2.0
// OpenCV and libvips, loaded when the first row asks for them.
#include <dlfcn.h>

#include <utility>

#include "rivals/photographs.hpp"

namespace lagoon::bench::rivals {
namespace {

struct Module {
  const ImageLibrary* library = nullptr;
  std::string missing;
};

Module load(const std::string& name, const std::string& package) {
  const std::string file = std::string(LAGOON_BENCH_MODULES "/lagoon_bench_") + name + ".so";
  void* module = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);  // and never closed: it has threads and handlers at exit
  if (!module) return {nullptr, "was not built: install " + package + " and build again"};
  auto* get = reinterpret_cast<decltype(&lagoon_bench_image_library)>(dlsym(module, "lagoon_bench_image_library"));
  if (!get) return {nullptr, dlerror()};
  return {get(), {}};
}

const Module& opencv_module() {
  static const Module module = load("opencv", "libopencv-dev");
  return module;
}
const Module& vips_module() {
  static const Module module = load("vips", "libvips-dev");
  return module;
}

std::vector<Developer> developers_of(const Module& module, const char* name, const Photographs& photographs,
                                     const Development& development) {
  if (!module.library) return {{name, {}, module.missing}};
  return module.library->developers(photographs, development);
}
std::vector<StepCandidate> steps_of(const Module& module, const char* name, const Step& step) {
  if (module.library) return module.library->steps(step);
  Candidate candidate;
  candidate.name = name;
  candidate.missing = module.missing;
  std::vector<StepCandidate> none;
  none.push_back({std::move(candidate), {}});
  return none;
}

}  // namespace

std::vector<Developer> opencv(const Photographs& photographs, const Development& development) {
  return developers_of(opencv_module(), "OpenCV", photographs, development);
}
std::vector<StepCandidate> opencv_steps(const Step& step) { return steps_of(opencv_module(), "OpenCV", step); }
std::vector<Developer> vips(const Photographs& photographs, const Development& development) {
  return developers_of(vips_module(), "libvips", photographs, development);
}
std::vector<StepCandidate> vips_steps(const Step& step) { return steps_of(vips_module(), "libvips", step); }

}  // namespace lagoon::bench::rivals
