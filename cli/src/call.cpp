// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <lagoon/kernels/files/atomic_file.hpp>
#include <lagoon/rpc/dynamic.hpp>

#include <exception>
#include <iostream>

#include "arguments.hpp"
#include "commands.hpp"
#include "json.hpp"
#include "report.hpp"
#include "session.hpp"
#include "text.hpp"

namespace lagoon::cli {
namespace {

/// A method that takes a stream reads one JSON request per line from standard input when an argument is "-".
std::function<std::optional<Value>()> requests_from(bool standard_input, Value single, std::exception_ptr& broken) {
  if (!standard_input) {
    return [single = std::move(single), given = false]() mutable -> std::optional<Value> {
      if (std::exchange(given, true)) return std::nullopt;
      return std::move(single);
    };
  }
  return [line_number = 0, &broken]() mutable -> std::optional<Value> {
    std::string line;
    while (std::getline(std::cin, line)) {
      ++line_number;
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      try {
        return parse_json(line, fmt::format("standard input:{}", line_number));
      } catch (const Error&) {
        broken = std::current_exception();
        throw;
      }
    }
    return std::nullopt;
  };
}

Report report_on(const Session& session, const std::string& method, const Value& answer, const CallReport& report) {
  Report r;
  r.title = method;
  r.lead = fmt::format("answered by isolate {} in {}", report.isolate,
                       human_duration(std::chrono::duration<double>(report.processing).count()));
  r.facts = {{"queued", human_duration(std::chrono::duration<double>(report.queued).count())},
             {"processing", human_duration(std::chrono::duration<double>(report.processing).count())},
             {"array bytes shared", human_bytes(static_cast<double>(report.copies.shared_bytes))},
             {"array bytes copied", human_bytes(static_cast<double>(report.copies.copied_bytes))},
             {"array bytes held at most", human_bytes(static_cast<double>(session.memory().peak))},
             {"cores", grouped(session.cores())}};
  r.version = LAGOON_VERSION;
  r.answer = answer;
  r.trace = session.trace_json();
  return r;
}

}  // namespace

Exit call(const CallCommand& command, const CommonOptions& common, const StopControl& stop, Output& output) {
  Session session(common, stop);
  std::pair<Service, const detail::MethodEntry*> found = [&] {
    try {
      return find_method(session.endpoint(), command.method);
    } catch (const Error& e) {
      throw UsageError(e.status().message());
    }
  }();
  const MethodKind kind = found.second->kind;
  const bool takes_stream = kind == MethodKind::client_stream || kind == MethodKind::bidirectional;
  const bool gives_stream = kind == MethodKind::server_stream || kind == MethodKind::bidirectional;
  if (gives_stream && !common.out_fields.empty())
    throw UsageError("--out FIELD=FILE: the method gives a stream, not one answer");

  std::vector<std::string> arguments = command.arguments;
  const bool standard_input = arguments.size() == 1 && arguments.front() == "-";
  if (standard_input && !takes_stream) throw UsageError("-: the method takes one request, not a stream");
  if (standard_input) arguments.clear();
  Value request = session.run("arguments", [&] { return request_of(arguments); });

  CallReport report;
  ByNameOptions options;
  options.call = session.call_options();
  options.call.report = &report;
  options.on_item = [&](const Value& item) { output.item(compact(item) + "\n"); };
  std::exception_ptr broken;  // a line of standard input
  options.next_request = requests_from(standard_input, request, broken);
  Value answer;
  try {
    const TraceScope scope(session.trace_context());
    answer = call_by_name(session.endpoint(), command.method, request, options);
  } catch (const Error& e) {
    if (broken) std::rethrow_exception(broken);
    // What no isolate has seen was spelt wrongly.
    const bool misspelt =
        e.status().isolate().empty() && (e.code() == Errc::invalid_argument || e.code() == Errc::out_of_range);
    if (misspelt) throw UsageError(e.status().message());
    throw;
  }
  output.detail(fmt::format("isolate {}, queued {}, processing {}, shared {}, copied {}", report.isolate,
                            human_duration(std::chrono::duration<double>(report.queued).count()),
                            human_duration(std::chrono::duration<double>(report.processing).count()),
                            human_bytes(static_cast<double>(report.copies.shared_bytes)),
                            human_bytes(static_cast<double>(report.copies.copied_bytes))));
  if (!common.report.empty()) write_report(common.report, report_on(session, command.method, answer, report));
  session.write_trace();
  if (gives_stream) {
    output.end_items();
  } else {
    write_fields(answer, common.out_fields);
    output.result(pretty(answer) + "\n");
  }
  return Exit::ok;
}

}  // namespace lagoon::cli
