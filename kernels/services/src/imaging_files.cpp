// SPDX-License-Identifier: Apache-2.0
#include "imaging_files.hpp"
#include "message_bytes.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/engine/parallel.hpp>
#include <lagoon/engine/stop.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <system_error>
#include <thread>

namespace lagoon::services {
namespace {

using Bytes = Tensor<std::uint8_t, 1>;

[[noreturn]] void cannot_read(const std::string& path, int error) {
  const Errc code = error == ENOENT || error == ENOTDIR                     ? Errc::not_found
                    : error == EACCES || error == EPERM                     ? Errc::permission_denied
                    : error == EMFILE || error == ENFILE || error == ENOMEM ? Errc::resource_exhausted
                                                                            : Errc::unknown;
  throw Error(code, path + ": cannot be read: " + std::generic_category().message(error));
}

class Descriptor {
 public:
  // Without waiting: a pipe that nobody writes to is refused below and must not be waited for here.
  explicit Descriptor(const std::string& path) : number_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (number_ < 0) cannot_read(path, errno);
  }
  ~Descriptor() { ::close(number_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const noexcept { return number_; }

 private:
  int number_;
};

/// The bytes of a file, charged to the call like any array: a file larger than the budget is refused before it is read.
Bytes read_whole(const std::string& path) {
  const Descriptor file(path);
  struct stat there {};
  if (::fstat(file.number(), &there) != 0) cannot_read(path, errno);
  if (!S_ISREG(there.st_mode)) throw Error(Errc::invalid_argument, path + ": it is not a file");
  Bytes bytes({static_cast<std::ptrdiff_t>(there.st_size)});
  std::ptrdiff_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::read(file.number(), bytes.data() + done, static_cast<std::size_t>(bytes.size() - done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) cannot_read(path, errno);
    if (n == 0) throw Error(Errc::data_loss, path + ": it became shorter while it was read");
    done += n;
  }
  return bytes;
}

std::int64_t size_on_disk(const std::string& path) {
  struct stat there {};
  return ::stat(path.c_str(), &there) == 0 ? there.st_size : 0;
}

ImageFileResult process_file(const ImageFileRequest& request, const imaging::Recipe& recipe,
                             const files::PictureWriteOptions& encoding) {
  ImageFileResult result;
  imaging::Picture picture;
  {
    const Bytes bytes = read_whole(request.input);
    files::PictureInfo info;
    picture = decode_for(recipe, std::as_bytes(std::span(bytes.data(), bytes.bytes())), request.input, &info);
    result.rows_in = info.rows;
    result.columns_in = info.columns;
    result.bytes_in = bytes.size();
  }  // the file is not needed beside its pixels
  result.format = picture.format;
  result.warnings = picture.warnings;
  throw_if_stopped();
  picture = imaging::apply(picture, recipe);
  result.rows = picture.rows();
  result.columns = picture.columns();
  throw_if_stopped();
  files::write_picture(request.output, picture, encoding);
  result.bytes_out = size_on_disk(request.output);
  if (request.preview > 0) result.preview = preview_of(picture, request.preview);
  return result;
}

void check(const ImageBatchRequest& r) {
  if (r.inputs.size() != r.outputs.size())
    throw Error(Errc::invalid_argument, "process_batch: " + std::to_string(r.inputs.size()) + " inputs and " +
                                            std::to_string(r.outputs.size()) + " outputs; there must be as many");
  if (r.at_once < 0 || r.at_once > 4096)
    throw Error(Errc::out_of_range, "process_batch: at_once is " + std::to_string(r.at_once) + "; 0 to 4096 can be");
}

/// Photographs one after the other in as many lanes as there are cores: a photograph is large enough to be a task, and
/// what is in memory at a time are the lanes' photographs whatever the length of the batch.
class Batch {
 public:
  Batch(const ImageBatchRequest& request, Writer<ImageBatchProgress>& out)
      : request_(request),
        recipe_(recipe_of(request.recipe, "process_batch")),
        encoding_(write_options_of(request.encoding, "process_batch")),
        out_(out) {}

  void run() {
    const auto files = static_cast<std::ptrdiff_t>(request_.inputs.size());
    const std::ptrdiff_t wanted =
        request_.at_once > 0 ? request_.at_once : std::max(1U, std::thread::hardware_concurrency());
    parallel_for(std::min(wanted, files), {1}, [&](std::ptrdiff_t, std::ptrdiff_t) { lane(); });
    throw_if_stopped();
  }

 private:
  void lane() {
    for (;;) {
      const std::size_t i = next_.fetch_add(1, std::memory_order_relaxed);  // a ticket, publishes no data
      if (i >= request_.inputs.size() || over_.load(std::memory_order_relaxed) || stop_requested()) return;
      tell(one(i));
    }
  }

  ImageBatchProgress one(std::size_t i) {
    ImageBatchProgress p;
    p.current = static_cast<std::int64_t>(i);
    p.name = request_.inputs[i];
    p.total = static_cast<std::int64_t>(request_.inputs.size());
    const auto begin = std::chrono::steady_clock::now();
    try {
      p.file = process_file({.input = p.name, .output = request_.outputs[i]}, recipe_, encoding_);
    } catch (...) {
      const Status status = status_of_current_exception();
      // The end of the whole call is no fault of this file.
      if (status.code() == Errc::cancelled || status.code() == Errc::deadline_exceeded) throw;
      p.ok = false;
      p.error = status.message();
    }
    p.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return p;
  }

  void tell(ImageBatchProgress p) {
    const std::lock_guard lock(mutex_);
    p.processed = ++processed_;
    p.progress = static_cast<double>(p.processed) / static_cast<double>(p.total);
    if (!out_.write(std::move(p))) over_.store(true, std::memory_order_relaxed);  // nobody listens any more
  }

  const ImageBatchRequest& request_;
  imaging::Recipe recipe_;
  files::PictureWriteOptions encoding_;
  Writer<ImageBatchProgress>& out_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> over_{false};
  std::mutex mutex_;
  std::int64_t processed_ = 0;
};

}  // namespace

imaging::Picture decode_for(const imaging::Recipe& recipe, std::span<const std::byte> bytes, const std::string& name,
                            files::PictureInfo* into) {
  files::PictureInfo info = files::picture_info(bytes, name);
  if (recipe.upright && info.orientation > 4) std::swap(info.rows, info.columns);
  if (into) *into = info;
  files::PictureReadOptions options;
  // Decoding at a part of the size means in sRGB, which is what linear light is to avoid.
  if (recipe.size && !recipe.linear_light) {
    const imaging::Size size = imaging::size_after(recipe, {info.columns, info.rows});
    options.at_least_columns = size.columns;
    options.at_least_rows = size.rows;
    options.upright = recipe.upright;
  }
  return files::decode_picture(bytes, name, options);
}

void check_preview(std::int64_t side, const char* method) {
  if (side < 0 || side > 4096)
    throw Error(Errc::out_of_range,
                std::string(method) + ": preview is " + std::to_string(side) + " pixels; 0 to 4096 can be");
}

Frozen<std::uint8_t, 1> preview_of(const imaging::Picture& picture, std::int64_t side) {
  const imaging::Recipe smaller{.size = imaging::Size{side, side}, .filter = imaging::ResizeFilter::bilinear};
  auto bytes = files::encode_picture(imaging::apply(picture, smaller), {.format = "jpeg", .quality = 70});
  return message_bytes(bytes.data(), bytes.size());
}

ImageFileResult process_file(const ImageFileRequest& request) {
  check_preview(request.preview, "process_file");
  return process_file(request, recipe_of(request.recipe, "process_file"),
                      write_options_of(request.encoding, "process_file"));
}

void process_batch(ImageBatchRequest request, Writer<ImageBatchProgress> out) {
  check(request);
  Batch(request, out).run();
}

}  // namespace lagoon::services
