// SPDX-License-Identifier: Apache-2.0
// Two ranks of Open MPI on this machine, which pass 8 bytes to and fro through shared memory.
#define OMPI_SKIP_MPICXX 1  // the C interface alone
#include <mpi.h>

#include "rivals/processes/two_processes.hpp"

int main(int count, char** arguments) {
  using namespace lagoon::bench::processes;
  MPI_Init(&count, &arguments);
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  bind_to(rank);
  constexpr int kBatches = 1000, kBatch = 50, kWarm = 1000;
  std::uint64_t word = 0;
  const auto send = [&] { MPI_Send(&word, sizeof word, MPI_CHAR, 1 - rank, 0, MPI_COMM_WORLD); };
  const auto receive = [&] { MPI_Recv(&word, sizeof word, MPI_CHAR, 1 - rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE); };
  if (rank == 0) {
    const auto call = [&] {
      send();
      receive();
    };
    for (int k = 0; k < kWarm; ++k) call();
    tell(seconds_per_call(kBatches, kBatch, call));
  } else {
    for (int k = 0; k < kWarm + kBatches * kBatch; ++k) {
      receive();
      send();
    }
  }
  MPI_Finalize();
}
