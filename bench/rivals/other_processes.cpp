// SPDX-License-Identifier: Apache-2.0
// Rivals across processes: programs of two processes, run once for each repetition.
#include <memory>

#include "rivals/program.hpp"
#include "rivals/rivals.hpp"
#include "runner/timing.hpp"

namespace lagoon::bench::rivals {
namespace {

/// What that program prints, as the figure.
Side printed_by(std::string name, std::vector<std::string> words, std::vector<std::string> environment = {}) {
  auto folder = std::make_shared<Scratch>();
  auto command = Command{std::move(words), std::move(environment), std::chrono::seconds(60)};
  return {std::move(name),
          [folder, command](benchmark::State& state) {
            for (auto _ : state) set_figure(state, std::stod(run(*folder, command)));
          },
          1};
}

std::string program(const char* name) { return std::string(LAGOON_BENCH_PROGRAMS "/") + name; }

}  // namespace

Side shared_words() { return printed_by("words in shared memory", {program("lagoon_bench_raw_words")}); }
Side shared_words_cold() {
  return printed_by("futex wake of a sleeping process", {program("lagoon_bench_raw_words"), "cold"});
}

Side open_mpi() {
#ifdef LAGOON_BENCH_MPI
  if (!has_program("mpirun")) return absent("Open MPI", "mpirun is missing (openmpi-bin)");
  return printed_by("Open MPI ping-pong",
                    {"mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "-np", "2",
                     program("lagoon_bench_open_mpi")},
                    {"OMPI_MCA_btl=self,vader", "OMPI_MCA_mpi_yield_when_idle=0"});
#else
  return absent("Open MPI", "built without it (libopenmpi-dev)");
#endif
}

Side zeromq(bool stream) {
#ifdef LAGOON_BENCH_ZMQ
  if (stream) return printed_by("ZeroMQ push, pull over ipc", {program("lagoon_bench_zeromq"), "stream"});
  return printed_by("ZeroMQ request, reply over ipc", {program("lagoon_bench_zeromq")});
#else
  (void)stream;
  return absent("ZeroMQ", "built without it (libzmq3-dev)");
#endif
}

Side capnp_socket() {
#ifdef LAGOON_BENCH_CAPNP
  return printed_by("Cap'n Proto over a unix socket", {program("lagoon_bench_capnp_socket")});
#else
  return absent("Cap'n Proto", "built without it (libcapnp-dev, capnproto)");
#endif
}

Side grpc_socket() {
#ifdef LAGOON_BENCH_GRPC
  return printed_by("gRPC over a unix socket", {program("lagoon_bench_grpc_socket")});
#else
  return absent("gRPC", "built without it (libgrpc++-dev, protobuf-compiler-grpc)");
#endif
}

}  // namespace lagoon::bench::rivals
