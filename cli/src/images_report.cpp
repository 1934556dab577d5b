// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <lagoon/monitor/page.hpp>

#include <algorithm>
#include <array>

#include "images.hpp"
#include "report_assets.hpp"
#include "text.hpp"

namespace lagoon::cli {
namespace {

constexpr std::size_t kSpans = 4000;  // a browser draws no more in reasonable time
constexpr std::size_t kFailuresShown = 500;
constexpr std::size_t kBins = 60;

struct RateCurve {
  std::vector<double> at, per_second;  ///< seconds; photographs that ended
  LAGOON_FIELDS(RateCurve, at, per_second)
};

struct ImagesPage {
  std::string title, lead;
  std::vector<std::vector<std::string>> tiles, facts;
  RateCurve rate;
  std::vector<FailedPhotograph> failures;
  std::vector<std::string> notes;
  std::vector<Thumbnail> sheet;
  std::vector<page::Track> timeline;
  page::Run run;
  LAGOON_FIELDS(ImagesPage, title, lead, tiles, facts, rate, failures, notes, sheet, timeline, run)
};

RateCurve rate_of(const std::vector<WorkSpan>& spans) {
  RateCurve curve;
  double end = 0;
  for (const WorkSpan& s : spans) end = std::max(end, s.end);
  const std::size_t bins = std::min(kBins, std::max<std::size_t>(spans.size() / 4, 1));
  if (spans.empty() || !(end > 0)) return curve;
  std::vector<double> ended(bins);
  for (const WorkSpan& s : spans)
    ++ended[std::min(bins - 1, static_cast<std::size_t>(s.end / end * static_cast<double>(bins)))];
  const double width = end / static_cast<double>(bins);
  for (std::size_t i = 0; i < bins; ++i) {
    curve.at.push_back((static_cast<double>(i) + 0.5) * width);
    curve.per_second.push_back(ended[i] / width);
  }
  return curve;
}

/// A track per worker; of too many spans the longest.
std::vector<page::Track> tracks_of(const Plan& plan, std::vector<WorkSpan> spans, unsigned workers) {
  if (spans.size() > kSpans) {
    const auto middle = spans.begin() + kSpans;
    std::nth_element(spans.begin(), middle, spans.end(),
                     [](const WorkSpan& a, const WorkSpan& b) { return a.end - a.begin > b.end - b.begin; });
    spans.erase(middle, spans.end());
  }
  std::vector<page::Track> tracks(workers);
  for (unsigned w = 0; w < workers; ++w) tracks[w].name = fmt::format("worker {}", w + 1);
  for (const WorkSpan& s : spans) {
    const std::string& name = plan.photographs[s.photograph].name;
    tracks[s.worker].spans.push_back({name.substr(name.rfind('/') + 1), s.ok ? "made" : "failed", s.begin, s.end});
  }
  return tracks;
}

std::string part(const std::string& name, double factor) {
  return factor == 1 ? "" : fmt::format(", {} {}", name, number(factor, 4));
}

}  // namespace

std::string words_of(const ImagesCommand& c) {
  const services::ImageRecipe& r = c.recipe;
  std::string text = r.columns > 0 ? fmt::format("{}x{} {} by {}{}", r.columns, r.rows, r.fit, r.filter,
                                                 r.linear_light ? " in linear light" : "")
                                   : "size as it is";
  if (r.sharpen > 0) text += fmt::format(", sharpen {}", number(r.sharpen, 4));
  text += part("brightness", r.brightness) + part("contrast", r.contrast) + part("saturation", r.saturation) +
          part("gamma", r.gamma);
  if (r.grey) text += ", grey";
  text += ", " + (c.encoding.format.empty() ? "format as named" : c.encoding.format);
  if (c.encoding.format != "png" && c.encoding.format != "tiff") text += fmt::format(" {}", c.encoding.quality);
  return text;
}

std::string data_uri(const std::uint8_t* bytes, std::size_t size) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text = "data:image/jpeg;base64,";
  text.reserve(text.size() + (size + 2) / 3 * 4);
  for (std::size_t i = 0; i < size; i += 3) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k) three = three << 8 | (i + k < size ? bytes[i + k] : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += i + k > size ? '=' : kDigits[three >> (18 - 6 * k) & 63];
  }
  return text;
}

std::string images_page(const ImagesCommand& command, const Plan& plan, const ImagesOutcome& o,
                        const ImagesTrail& trail) {
  ImagesPage p;
  p.title = command.in;
  p.lead = fmt::format("{} made by {} in {}{}", counted(o.made, "photograph"), counted(trail.workers, "worker"),
                       human_duration(o.seconds), o.interrupted ? "; then it was interrupted" : "");
  const double seconds = o.seconds > 0 ? o.seconds : 1;
  p.tiles = {{grouped(o.made), "made"},
             {grouped(o.failed), "failed"},
             {grouped(o.up_to_date), "up to date already"},
             {number(static_cast<double>(o.made) / seconds, 3), "photographs a second"},
             {human_bytes(static_cast<double>(o.bytes_in)), "read"},
             {human_bytes(static_cast<double>(o.bytes_out)), "written"}};
  p.facts = {
      {"from", command.in},
      {"to", command.out},
      {"recipe", words_of(command)},
      {"pixels read",
       fmt::format("{} Mpix, {} Mpix/s", number(o.pixels_in * 1e-6, 4), number(o.pixels_in * 1e-6 / seconds, 4))},
      {"array bytes held at most", fmt::format("{} of {} allowed", human_bytes(static_cast<double>(trail.peak_bytes)),
                                               human_bytes(static_cast<double>(trail.memory_limit)))},
      {"files that are no photographs by their endings", grouped(plan.passed_over)},
      {"made with warnings", grouped(o.with_warnings)},
      {"lagoon", LAGOON_VERSION}};
  p.rate = rate_of(trail.spans);
  p.failures.assign(o.failures.begin(),
                    o.failures.begin() + static_cast<std::ptrdiff_t>(std::min(o.failures.size(), kFailuresShown)));
  if (o.failures.size() > kFailuresShown)
    p.notes.push_back(fmt::format("The first {} of {} are shown.", kFailuresShown, grouped(o.failures.size())));
  p.sheet = trail.thumbnails;
  std::sort(p.sheet.begin(), p.sheet.end(), [](const Thumbnail& a, const Thumbnail& b) { return a.name < b.name; });
  p.timeline = tracks_of(plan, trail.spans, trail.workers);
  p.run.version = LAGOON_VERSION;
  return page::html_of({p.title, std::string(assets::photographs), assets::darkroom, detail::to_value(p)});
}

}  // namespace lagoon::cli
