// SPDX-License-Identifier: Apache-2.0
// Each method of lagoon.Imaging, called as a stranger calls it: what goes in, what comes out, what is refused.
#include <gtest/gtest.h>
#include <unistd.h>
#include <lagoon/rpc.hpp>
#include <lagoon/services/builtin.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

namespace lagoon::services {
namespace {

using Pixels8 = Frozen<std::uint8_t, 3>;
using Bytes8 = Frozen<std::uint8_t, 1>;

/// A ramp to the right in red, downwards in green.
Pixels8 ramp(std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t channels = 3) {
  Tensor<std::uint8_t, 3> p({rows, columns, channels});
  for (std::ptrdiff_t i = 0; i < rows; ++i)
    for (std::ptrdiff_t j = 0; j < columns; ++j)
      for (std::ptrdiff_t k = 0; k < channels; ++k)
        p(i, j, k) = static_cast<std::uint8_t>(k == 0 ? j * 255 / columns : k == 1 ? i * 255 / rows : 80 * k % 256);
  return std::move(p).freeze();
}

template <class T, std::size_t R>
std::vector<T> values(const Frozen<T, R>& a) {
  const auto copy = Tensor<T, R>::copy_of(a);
  return {copy.data(), copy.data() + copy.size()};
}

class ImagingService : public testing::Test {
 protected:
  ImagingService() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lagoon-imaging-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ImagingService() override { std::filesystem::remove_all(folder_); }

  template <class Method, class Request>
  auto call(Request request) {
    return imaging_.call<Method>(std::move(request));
  }
  template <class Method, class Request>
  std::string error_of(Request request) {
    auto result = imaging_.try_call<Method>(std::move(request));
    return result.ok() ? "no error" : result.status().message();
  }
  Bytes8 encoded(const Pixels8& pixels, std::string format = "png") {
    return call<EncodeImage>(EncodeImageRequest{pixels, {.format = std::move(format)}}).bytes;
  }
  std::string file(const std::string& name, const Bytes8& bytes) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return path;
  }
  static std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string folder_;
  Engine engine_;
  Isolate isolate_{engine_};
  Local local_{isolate_, builtin_services()};
  Caller<Imaging> imaging_{local_};
};

TEST_F(ImagingService, GivesBackThePixelsThemselvesWhereNothingChanges) {
  const Pixels8 pixels = ramp(4, 5);
  CallReport report;
  const ProcessedImage same =
      imaging_.call<ProcessImage>({.pixels = pixels}, {.require_zero_copy = true, .report = &report});
  EXPECT_EQ(same.pixels.data(), pixels.data());
  EXPECT_EQ(report.copies.copied_bytes, 0u);
  EXPECT_TRUE(same.bytes.empty());
  EXPECT_EQ(same.rows * 100 + same.columns * 10 + same.channels, 453);
}

TEST_F(ImagingService, ReadsPixelsWhereTheyAreAndHandsOverWhatItMakes) {
  // A view into the middle of a larger picture: had it been copied, its stride would be gone.
  const Pixels8 large = ramp(40, 50);
  const Pixels8 middle = large.slice(0, 10, 30).slice(1, 5, 45);
  CallReport report;
  const CallOptions options{.require_zero_copy = true, .report = &report};
  const ProcessedImage half = imaging_.call<ProcessImage>(
      {.pixels = middle, .recipe = {.columns = 20, .rows = 10, .fit = "exact", .filter = "box"}}, options);
  EXPECT_EQ(half.pixels.extents(), (Extents<3>{10, 20, 3}));
  EXPECT_EQ(report.copies.copied_bytes, 0u);
  EXPECT_TRUE(half.pixels.unique());
  for (std::ptrdiff_t j = 0; j < 20; ++j)
    EXPECT_NEAR(half.pixels(3, j, 0), (middle(6, 2 * j, 0) + middle(6, 2 * j + 1, 0)) / 2.0, 1);
}

TEST_F(ImagingService, TakesBytesAndGivesBytes) {
  const Pixels8 pixels = ramp(30, 40);
  const Bytes8 bytes = encoded(pixels);
  EXPECT_EQ(values(call<ProcessImage>(ProcessImageRequest{.bytes = bytes}).pixels), values(pixels));
  const ProcessedImage small = call<ProcessImage>(ProcessImageRequest{
      .bytes = bytes, .recipe = {.columns = 20, .rows = 20}, .encoding = {.format = "webp", .lossless = true}});
  EXPECT_TRUE(small.pixels.empty());
  EXPECT_EQ(small.rows * 100 + small.columns, 1520);
  const ImageInfo info = call<InfoOfImage>(ImageInfoRequest{small.bytes});
  EXPECT_EQ(info.format, "webp");
  EXPECT_EQ(info.rows * 100 + info.columns, 1520);
}

TEST_F(ImagingService, DecodesWhatItEncodes) {
  for (const std::ptrdiff_t channels : {1, 3, 4}) {
    const Pixels8 pixels = ramp(9, 7, channels);
    for (const char* format : {"png", "tiff"}) {
      const DecodedImage back = call<DecodeImage>(DecodeImageRequest{encoded(pixels, format)});
      EXPECT_EQ(back.format, format);
      EXPECT_EQ(values(back.pixels), values(pixels)) << format << ", channels: " << channels;
    }
  }
  const Bytes8 jpeg = encoded(ramp(64, 64), "jpeg");
  EXPECT_EQ(call<DecodeImage>(DecodeImageRequest{jpeg, 16, 16}).pixels.extent(0), 16);
  EXPECT_EQ(call<DecodeImage>(DecodeImageRequest{jpeg, 17, 1}).pixels.extent(0), 32);
}

TEST_F(ImagingService, RefusesWithTheNameOfTheField) {
  const Pixels8 pixels = ramp(2, 2);
  EXPECT_EQ(error_of<ProcessImage>(ProcessImageRequest{}), "process_image: bytes is empty");
  EXPECT_EQ(error_of<ProcessImage>(ProcessImageRequest{.pixels = pixels, .recipe = {.fit = "squeeze"}}),
            "process_image: fit squeeze is not known; fit, fill and exact are");
  EXPECT_EQ(error_of<ProcessImage>(ProcessImageRequest{.pixels = pixels, .recipe = {.columns = 5}}),
            "process_image: the size is 5x0; both sides must be 1 at least, or both 0");
  EXPECT_EQ(error_of<ProcessImage>(ProcessImageRequest{.pixels = pixels, .encoding = {.quality = 0}}),
            "process_image: encoding.quality is 0; 1 to 100 can be");
  EXPECT_EQ(error_of<ProcessImage>(ProcessImageRequest{.pixels = ramp(2, 2, 5)}),
            "process_image: pixels is 2x2x5; rows x columns x 1 to 4 channels are wanted");
  EXPECT_EQ(error_of<EncodeImage>(EncodeImageRequest{.pixels = pixels}),
            "encode: encoding.format '' is not known; jpeg, png, tiff and webp are");
  EXPECT_NE(error_of<DecodeImage>(DecodeImageRequest{encoded(pixels).slice(0, 0, 20)}), "no error");
  EXPECT_NE(error_of<ProcessImageFile>(ImageFileRequest{folder_ + "/none.png", folder_ + "/a.png"}).find("none.png"),
            std::string::npos);
  EXPECT_EQ(error_of<ProcessImageFile>(ImageFileRequest{folder_, folder_ + "/a.png"}), folder_ + ": it is not a file");
}

TEST_F(ImagingService, MakesAFileOfAFile) {
  const std::string in = file("a.png", encoded(ramp(60, 80))), out = folder_ + "/b.jpg";
  const ImageFileResult r = call<ProcessImageFile>(
      ImageFileRequest{.input = in, .output = out, .recipe = {.columns = 40, .rows = 40}, .preview = 16});
  EXPECT_EQ(r.rows_in * 100 + r.columns_in, 6080);
  EXPECT_EQ(r.rows * 100 + r.columns, 3040);
  EXPECT_EQ(r.format, "png");
  EXPECT_EQ(r.bytes_out, static_cast<std::int64_t>(std::filesystem::file_size(out)));
  const ImageInfo preview = call<InfoOfImage>(ImageInfoRequest{r.preview});
  EXPECT_EQ(preview.format, "jpeg");
  EXPECT_EQ(preview.columns, 16);
}

/// What a worker that may open no file is asked for, and what is asked for without one, are the same.
TEST_F(ImagingService, MakesOfBytesWhatItMakesOfTheirFile) {
  const Bytes8 bytes = encoded(ramp(60, 80));
  const std::string in = file("a.png", bytes), out = folder_ + "/b.jpg";
  const ImageRecipe recipe{.columns = 40, .rows = 40, .sharpen = 0.5};
  const ImageFileResult of_file =
      call<ProcessImageFile>(ImageFileRequest{.input = in, .output = out, .recipe = recipe, .preview = 16});
  const ProcessedImage of_bytes = call<ProcessImage>(
      ProcessImageRequest{.bytes = bytes, .recipe = recipe, .encoding = {.format = "jpeg"}, .name = in, .preview = 16});
  std::ifstream written(out, std::ios::binary);
  const std::vector<std::uint8_t> wanted{std::istreambuf_iterator<char>(written), {}};
  EXPECT_EQ(values(of_bytes.bytes), wanted);
  EXPECT_EQ(values(of_bytes.preview), values(of_file.preview));
  EXPECT_EQ(of_bytes.rows_in * 100 + of_bytes.columns_in, 6080);
  EXPECT_EQ(of_bytes.rows * 100 + of_bytes.columns, 3040);
  EXPECT_EQ(of_bytes.format, "png");

  EXPECT_EQ(error_of<ProcessImage>(ProcessImageRequest{.name = in}), in + ": bytes is empty");
  const Bytes8 text = Tensor<std::uint8_t, 1>::filled({100}, 'a').freeze();
  EXPECT_NE(error_of<ProcessImage>(ProcessImageRequest{.bytes = text, .name = in}).find(in), std::string::npos);
  EXPECT_EQ(error_of<ProcessImage>(ProcessImageRequest{.bytes = bytes, .preview = -1}),
            "process_image: preview is -1 pixels; 0 to 4096 can be");
}

TEST_F(ImagingService, TellsOfEachPhotographOfABatch) {
  ImageBatchRequest request{.recipe = {.columns = 10, .rows = 10}};
  for (int i = 0; i < 9; ++i) {
    const std::string name = std::to_string(i);
    request.inputs.push_back(i == 4 ? folder_ + "/none.png" : file("in" + name + ".png", encoded(ramp(20 + i, 20))));
    request.outputs.push_back(folder_ + "/out" + name + ".png");
  }
  std::set<std::int64_t> seen;
  std::int64_t processed = 0;
  for (const ImageBatchProgress& p : imaging_.start<ProcessBatch>(request)) {
    EXPECT_EQ(p.processed, ++processed);
    EXPECT_EQ(p.total, 9);
    EXPECT_DOUBLE_EQ(p.progress, static_cast<double>(processed) / 9);
    EXPECT_EQ(p.ok, p.current != 4);
    EXPECT_EQ(p.error.empty(), p.ok);
    EXPECT_EQ(p.name, request.inputs[static_cast<std::size_t>(p.current)]);
    if (p.ok) {
      EXPECT_EQ(p.file.rows, 10);
    }
    seen.insert(p.current);
  }
  EXPECT_EQ(seen.size(), 9u);
  request.outputs.pop_back();
  auto reply = imaging_.start<ProcessBatch>(request);
  EXPECT_THROW((void)reply.read(), Error);
}

TEST_F(ImagingService, MakesTheSameBytesForAnyNumberOfWorkers) {
  std::vector<std::string> inputs;
  for (int i = 0; i < 5; ++i) inputs.push_back(file(std::to_string(i) + ".png", encoded(ramp(90 + i, 120))));
  std::vector<std::string> first;
  for (const unsigned cores : {1U, 2U, 4U}) {
    Engine engine({.cores = cores});
    Isolate isolate(engine);
    Local local(isolate, builtin_services());
    ImageBatchRequest request{.inputs = inputs,
                              .recipe = {.columns = 50, .rows = 50, .sharpen = 0.5, .brightness = 1.1},
                              .encoding = {.format = "jpeg"}};
    for (int i = 0; i < 5; ++i) request.outputs.push_back(folder_ + "/" + std::to_string(i) + ".jpg");
    for (const ImageBatchProgress& p : Caller<Imaging>(local).start<ProcessBatch>(request))
      EXPECT_TRUE(p.ok) << p.error;
    std::vector<std::string> now;
    for (const std::string& out : request.outputs) now.push_back(content(out));
    if (first.empty()) first = now;
    EXPECT_EQ(now, first) << "cores: " << cores;
  }
}

TEST_F(ImagingService, EndsABatchThatNobodyReads) {
  ImageBatchRequest request;
  const std::string in = file("in.png", encoded(ramp(200, 200)));
  for (int i = 0; i < 200; ++i) {
    request.inputs.push_back(in);
    request.outputs.push_back(folder_ + "/" + std::to_string(i) + ".out.png");
  }
  {
    auto reply = imaging_.start<ProcessBatch>(request, {.window_items = 2});
    ASSERT_TRUE(reply.read());
    reply.cancel();
  }
  while (isolate_.running() > 0) std::this_thread::yield();
  std::size_t made = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_))
    made += entry.path().string().ends_with(".out.png");
  EXPECT_LT(made, 200u);
}

}  // namespace
}  // namespace lagoon::services
