// SPDX-License-Identifier: Apache-2.0
// A folder of photographs, made small, sharp and a little lighter: as a stream of progress, and one of them by hand.
// With
// --isolation process all of it happens in another process.
#include <lagoon/rpc.hpp>
#include <lagoon/services/imaging.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace fs = std::filesystem;
using lagoon::services::ImageBatchProgress;
using lagoon::services::ImageBatchRequest;
using lagoon::services::ImageRecipe;
using lagoon::services::ProcessBatch;
using lagoon::services::ProcessImage;

/// A sun over the sea, as high as it is at that hour. Pixels are rows x columns x (red, green, blue).
lagoon::Frozen<std::uint8_t, 3> sunrise(std::ptrdiff_t rows, std::ptrdiff_t columns, double hour,
                                        const lagoon::MemoryHandle& memory) {
  lagoon::Tensor<std::uint8_t, 3> picture({rows, columns, 3}, memory);
  const double height = 0.9 - 0.1 * hour;
  for (std::ptrdiff_t i = 0; i < rows; ++i) {
    for (std::ptrdiff_t j = 0; j < columns; ++j) {
      const double y = double(i) / double(rows), x = double(j) / double(columns) - 0.5;
      const double sun = std::exp(-40 * (x * x + (y - height) * (y - height)));
      const double sky = y < 0.7 ? 0.3 + 0.4 * y : 0.25 + 0.05 * std::sin(300 * y);
      picture(i, j, 0) = static_cast<std::uint8_t>(255 * std::min(1.0, sky + sun));
      picture(i, j, 1) = static_cast<std::uint8_t>(255 * std::min(1.0, sky + 0.7 * sun));
      picture(i, j, 2) = static_cast<std::uint8_t>(255 * std::min(1.0, 0.6 * sky + 0.2 + 0.3 * sun));
    }
  }
  return std::move(picture).freeze();
}

int main(int argc, char** argv) {
  const lagoon::Service darkroom = lagoon::services::imaging_service();
  if (lagoon::is_worker()) return lagoon::worker_main({darkroom});
  const bool apart = argc == 3 && std::string(argv[1]) == "--isolation" && std::string(argv[2]) == "process";
  const auto isolation = apart ? lagoon::Isolation::process : lagoon::Isolation::thread;

  lagoon::Engine engine;
  lagoon::Pool pool(engine, {darkroom}, {.name = "darkroom", .workers = 1, .isolation = isolation});
  lagoon::Caller<lagoon::services::Imaging> imaging(pool);

  // Eight photographs in a folder of our own. A format turns the pixels of a reply into the bytes of a file, and
  // process_file would do both ways; here a batch reads what we write.
  std::string pattern = (fs::temp_directory_path() / "lagoon-photographs-XXXXXX").string();
  const fs::path folder = ::mkdtemp(pattern.data());
  fs::create_directories(folder / "small");
  ImageBatchRequest batch;
  for (int hour = 0; hour < 8; ++hour) {
    const std::string name = "sunrise-" + std::to_string(hour);
    const auto bytes = imaging
                           .call<ProcessImage>({.pixels = sunrise(900, 1200, hour, pool.memory()),
                                                .encoding = {.format = "jpeg", .quality = 92}})
                           .bytes;
    std::FILE* file = std::fopen((folder / (name + ".jpg")).c_str(), "wb");
    std::fwrite(bytes.data(), 1, bytes.bytes(), file);
    std::fclose(file);
    batch.inputs.push_back(folder / (name + ".jpg"));
    batch.outputs.push_back(folder / "small" / (name + ".webp"));
  }
  // What is wrong with one photograph is told in its turn, and the others go on.
  batch.inputs.push_back(folder / "sunrise-at-night.jpg");
  batch.outputs.push_back(folder / "small" / "sunrise-at-night.webp");

  // What is done to each, in one pass over its pixels. As many are in memory at a time as there are cores.
  const ImageRecipe recipe{.columns = 400, .rows = 400, .sharpen = 0.5, .brightness = 1.1};
  batch.recipe = recipe;
  batch.encoding.quality = 80;
  int made = 0;
  for (const ImageBatchProgress& p : imaging.start<ProcessBatch>(batch)) {
    const std::string name = fs::path(p.name).filename();
    std::printf("%3.0f %%  %s: ", 100 * p.progress, name.c_str());
    if (p.ok)
      std::printf("%d x %d, %d bytes\n", static_cast<int>(p.file.columns), static_cast<int>(p.file.rows),
                  static_cast<int>(p.file.bytes_out));
    else
      std::printf("not made\n");
    made += p.ok;
  }

  // The same recipe on pixels: they are read where they lie, and those of the reply are handed over. No byte is
  // copied, and a call that would have to copy fails rather than doing it.
  const auto pixels = sunrise(900, 1200, 6, pool.memory());
  const auto small = imaging.call<ProcessImage>({.pixels = pixels, .recipe = recipe}, {.require_zero_copy = true});
  std::printf("by hand: %d x %d\n", static_cast<int>(small.columns), static_cast<int>(small.rows));

  fs::remove_all(folder);
  return made == 8 && small.rows == 300 && small.columns == 400 ? 0 : 1;
}
