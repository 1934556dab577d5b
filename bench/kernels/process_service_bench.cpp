// SPDX-License-Identifier: Apache-2.0
// Built-in services in a worker process, beside the work that their handlers do, in an isolate of this one.
#include <lagoon/kernels/matrix.hpp>
#include <lagoon/rpc.hpp>
#include <lagoon/rpc/process.hpp>
#include <lagoon/services/builtin.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <stdexcept>

#include "kernels/develop.hpp"
#include "kernels/melt.hpp"
#include "kernels/photographs.hpp"
#include "runner/timing.hpp"
#include "suites.hpp"

namespace lagoon::bench {
namespace {

/// The worker is this program; its loops use as many cores as the isolate's.
struct Ground {
  explicit Ground(Service service) : process(engine, {std::move(service)}, {.name = "afar"}) {}
  Engine engine;
  Isolate isolate{engine, {.name = "here"}};
  Process process;

  /// In memory that both processes see.
  template <class T, std::size_t R>
  Frozen<T, R> shared(const T* values, const Extents<R>& extents) const {
    Tensor<T, R> copy(extents, process.memory());
    std::copy_n(values, copy.size(), copy.data());
    return std::move(copy).freeze();
  }
};

template <class G>
Pair pair_of(std::shared_ptr<G> ground, const char* ours, const char* rival) {
  ground->call();
  ground->direct();
  if (!ground->same()) throw std::runtime_error(std::string(ours) + ": the worker's answer is another");
  return {{ours, time_of(1, [ground] { ground->call(); })}, {rival, time_of(1, [ground] { ground->direct(); })}};
}

struct Product : Ground {
  explicit Product(std::ptrdiff_t n) : Ground(services::matrix_service()) {
    std::mt19937_64 random(1);
    std::normal_distribution<double> draw;
    for (Frozen<double, 2>* m : {&request.a, &request.b}) {
      Tensor<double, 2> made({n, n}, process.memory());
      for (std::ptrdiff_t i = 0; i < n * n; ++i) made.data()[i] = draw(random);
      *m = std::move(made).freeze();
    }
  }
  void call() { far = caller.call<services::MultiplyMatrices>(request).c; }
  void direct() {
    isolate.run([&] { here = matrix::multiply(request.a.view(), request.b.view()).freeze(); });
  }
  bool same() const { return std::equal(far.data(), far.data() + far.size(), here.data()); }

  Caller<services::Matrix> caller{process};
  services::MultiplyRequest request;
  Frozen<double, 2> far, here;
};

struct Step : Ground {
  explicit Step(std::ptrdiff_t cells)
      : Ground(services::dynamics_service()), melt(crystal(cells)), system(system_of(melt)) {
    request.state.positions = shared(melt.positions.data(), melt.positions.extents());
    request.state.velocities = shared(melt.velocities.data(), melt.velocities.extents());
    request.state.lengths = system.box.length;
    request.model.cutoff = melt.cutoff;
    request.settings.time_step = melt.time_step;
  }
  void call() { far = caller.call<services::SimulateStep>(request); }
  void direct() {
    isolate.run([&] {
      dynamics::Simulation run(system.copy(), model_of(melt), {.time_step = melt.time_step});
      run.advance(1);
      here = {run.positions().freeze(), run.velocities().freeze(), run.forces().freeze(), run.box().length,
              run.observe()};
    });
  }
  bool same() const { return std::equal(far.forces.data(), far.forces.data() + far.forces.size(), here.forces.data()); }

  const rivals::Melt melt;
  const dynamics::System system;
  Caller<services::Dynamics> caller{process};
  services::StepRequest request;
  services::StepReply far, here;
};

struct Photograph : Ground {
  Photograph() : Ground(services::imaging_service()), photographs(1), file(photographs.files()->front()) {
    request.bytes = shared(reinterpret_cast<const std::uint8_t*>(file.data()),
                           Extents<1>{static_cast<std::ptrdiff_t>(file.size())});
    request.recipe = {.columns = how.columns,
                      .rows = how.rows,
                      .fit = "exact",
                      .sharpen = how.amount,
                      .sharpen_sigma = how.sigma,
                      .brightness = how.brightness};
    request.encoding = {.format = "jpeg", .quality = how.quality};
  }
  void call() { far = caller.call<services::ProcessImage>(request).bytes; }
  void direct() {
    isolate.run([&] { here = develop(file, how); });
  }
  bool same() const {
    return far.size() == static_cast<std::ptrdiff_t>(here.size()) &&
           std::memcmp(here.data(), far.data(), here.size()) == 0;
  }

  PhotographSet photographs;
  const rivals::Jpeg file;
  const rivals::Development how;
  Caller<services::Imaging> caller{process};
  services::ProcessImageRequest request;
  Frozen<std::uint8_t, 1> far;
  rivals::Jpeg here;
};

}  // namespace

std::vector<Service> worker_services() { return services::builtin_services(); }

void add_process_service_rows(Rows& rows, const RunOptions& options) {
  const auto add = [&](const char* name, std::function<Pair()> make) {
    rows.push_back({std::string("process.service_overhead.") + name, kMilliseconds, Better::lower, 1.03,
                    std::move(make), Judge::ratio, 0.5, 9});
  };
  const std::ptrdiff_t n = options.quick ? 512 : 2048, cells = options.quick ? 6 : 20;
  add("multiply_2048", [=] {
    return pair_of(std::make_shared<Product>(n), "multiply of lagoon.Matrix in a process", "matrix::multiply");
  });
  add("md_step_32000", [=] {
    return pair_of(std::make_shared<Step>(cells), "simulate_step of lagoon.Dynamics in a process", "the same step");
  });
  add("photograph_12mpix", [=] {
    return pair_of(std::make_shared<Photograph>(), "process_image of lagoon.Imaging in a process", "the same kernels");
  });
}

}  // namespace lagoon::bench
