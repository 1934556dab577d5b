// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/core/fields.hpp>
#include <lagoon/rpc/value.hpp>
#include <string>
#include <string_view>
#include <vector>

/// HTML pages that hold all they show: plots, data and script are inside, and nothing is fetched.
namespace lagoon::page {

struct Span {
  std::string name, category;
  double begin = 0, end = 0;  ///< seconds since the first
  LAGOON_FIELDS(Span, name, category, begin, end)
};
struct Track {
  std::string name;
  std::vector<Span> spans;
  LAGOON_FIELDS(Track, name, spans)
};

/// The spans of a trace (Trace::write_json) by isolate and thread; of too many the longest.
///   trace   may be "", which gives none
///   throws  Error(invalid_argument): not JSON
std::vector<Track> tracks_of(const std::string& trace);

/// Of a page's `run`: what wrote it.
struct Run {
  std::string version;
  LAGOON_FIELDS(Run, version)
};

/// What stands on a page between its head and its end.
struct Page {
  std::string title;
  std::string sections;     ///< HTML, shown by the script
  std::string_view script;  ///< behind the common one (src/page/page.js), which has the ways to draw
  /// An object, `data` of the script. Common to all: title, lead, tiles and facts (lists of pairs of texts),
  /// run.version, timeline (tracks_of).
  Value data;
};
std::string html_of(const Page& page);

/// Text as HTML shows it, also within quotes.
std::string escaped(std::string_view text);

}  // namespace lagoon::page
