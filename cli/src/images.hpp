// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <lagoon/engine/stop.hpp>
#include <lagoon/rpc/value.hpp>
#include <lagoon/services/imaging.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "command.hpp"

// The parts of `lagoon images`: what there is to do, what is done already, and how it went.
namespace lagoon::cli {

/// How a file looked: enough to see that it has changed.
struct Look {
  std::uint64_t bytes = 0;
  std::int64_t modified = 0;  ///< nanoseconds since 1970
  bool operator==(const Look&) const = default;
};
/// Whether there is a regular file at the path, and how it looks.
bool look_at(const std::string& path, Look& look);

/// "jpeg", "png", "tiff", "webp", or "" for an ending that says none of them.
std::string format_by_name(const std::string& name);

/// One photograph to be made. Names are below the plan's two folders.
struct Photograph {
  std::string name, output;
  Look look;  ///< of the input
};
struct FailedPhotograph {
  std::string name, error;
  LAGOON_FIELDS(FailedPhotograph, name, error)
};

/// What is to be made of what. Names are in memory; photographs never are.
struct Plan {
  std::string in_folder, out_folder;  ///< with a slash at the end, or empty: then names are paths
  bool one_file = false;
  std::vector<Photograph> photographs;       ///< by name
  std::vector<FailedPhotograph> unreadable;  ///< folders and links that lead nowhere
  std::size_t passed_over = 0;               ///< files that are not photographs by their endings
  std::size_t links = 0;                     ///< to folders that were visited anyway

  std::string input_path(const Photograph& p) const { return in_folder + p.name; }
  std::string output_path(const Photograph& p) const { return out_folder + p.output; }
};

/// Looks through IN.
///   throws  not_found, permission_denied (IN); invalid_argument: an output would be an input, or two outputs would be
///           one file, or an ending says no format; cancelled
Plan plan_images(const ImagesCommand& command, const StopControl& stop);

/// Remembers in OUT/.lagoon-images with which recipe each file was made, and how it and its input looked then, so that
/// a later run can tell what need not be made again. A line per file, added when the file is there.
class ImagesRecord {
 public:
  /// recipe  everything that the bytes of an output depend on beside its input
  ImagesRecord(const std::string& folder, const std::string& recipe);
  ~ImagesRecord();
  ImagesRecord(const ImagesRecord&) = delete;
  ImagesRecord& operator=(const ImagesRecord&) = delete;

  /// What earlier runs have noted; without it nothing is up to date.
  void read();
  bool up_to_date(const Plan& plan, const Photograph& p) const;

  /// Makes or opens the record.
  ///   throws  permission_denied, resource_exhausted, naming the file
  void open();
  /// From many threads.
  void note(const Plan& plan, const Photograph& p) const;

 private:
  struct Made {
    std::string recipe;
    Look in, out;
  };
  std::string path_, recipe_, fingerprint_;
  std::unordered_map<std::string, Made> made_;
  int descriptor_ = -1;
};

struct WorkSpan {
  std::size_t photograph = 0;
  unsigned worker = 0;
  bool ok = true;
  double begin = 0, end = 0;  ///< seconds since the first
};
struct Thumbnail {
  std::string name, size, picture;  ///< "800 x 600"; a data URI
  LAGOON_FIELDS(Thumbnail, name, size, picture)
};

/// How a run went.
struct ImagesOutcome {
  std::int64_t total = 0, made = 0, up_to_date = 0, failed = 0;
  std::int64_t with_warnings = 0;  ///< of those made: something was wrong with the file
  double seconds = 0;
  std::int64_t bytes_in = 0, bytes_out = 0;
  double pixels_in = 0;
  bool interrupted = false;
  std::vector<FailedPhotograph> failures;
  LAGOON_FIELDS(ImagesOutcome, total, made, up_to_date, failed, with_warnings, seconds, bytes_in, bytes_out, pixels_in,
                interrupted, failures)
};
/// What the report shows beside it; gathered only when there is to be one.
struct ImagesTrail {
  std::vector<WorkSpan> spans;
  std::vector<Thumbnail> thumbnails;  ///< by name
  std::size_t peak_bytes = 0, memory_limit = 0;
  unsigned workers = 0;
};
constexpr std::size_t kThumbnails = 60;  // on a contact sheet
constexpr std::int64_t kThumbnailSide = 160;

/// One HTML page: counts, rate, a timeline per worker, failures, and the contact sheet.
std::string images_page(const ImagesCommand& command, const Plan& plan, const ImagesOutcome& outcome,
                        const ImagesTrail& trail);

/// "data:image/jpeg;base64,..."
std::string data_uri(const std::uint8_t* bytes, std::size_t size);

/// The options that differ from doing nothing, for people: "800x600 fit, sharpen 0.5, jpeg 85".
std::string words_of(const ImagesCommand& command);

}  // namespace lagoon::cli
