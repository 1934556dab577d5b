// SPDX-License-Identifier: Apache-2.0
// Any bytes as an NPY file: an array that can be looked at from end to end, or a lagoon::Error.
#include <sys/mman.h>
#include <unistd.h>
#include <lagoon/kernels/files/npy.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace lagoon::files;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int file = memfd_create("npy", MFD_CLOEXEC);
  if (file < 0 || write(file, data, size) != static_cast<ssize_t>(size)) std::abort();
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  double sum = 0;
  try {
    const Table table = read_npy_table(path);
    for (const Column& c : table.columns)
      for (std::ptrdiff_t i = 0; i < c.values.size(); ++i) sum += c.values[i];
  } catch (const lagoon::Error&) {
  }
  try {
    const auto cube = read_npy<float, 3>(path);
    for (std::ptrdiff_t i = 0; cube.size() != 0 && i < cube.extent(0); ++i)
      for (std::ptrdiff_t j = 0; j < cube.extent(1); ++j)
        for (std::ptrdiff_t k = 0; k < cube.extent(2); ++k) sum += cube(i, j, k);
  } catch (const lagoon::Error&) {
  }
  volatile double keep = sum;
  (void)keep;
  close(file);
  return 0;
}
