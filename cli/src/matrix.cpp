// SPDX-License-Identifier: Apache-2.0
// `lagoon matrix`: matrices in files, a method of the Matrix service, its arrays to files or to the screen.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <lagoon/rpc/dynamic.hpp>

#include <algorithm>
#include <array>
#include <cmath>

#include "arguments.hpp"
#include "commands.hpp"
#include "json.hpp"
#include "session.hpp"
#include "text.hpp"

namespace lagoon::cli {
namespace {

constexpr std::array kOperations = {"multiply",        "solve",         "inverse", "determinant", "cholesky",  "qr",
                                    "symmetric_eigen", "general_eigen", "svd",     "norm",        "condition", "rank",
                                    "pseudo_inverse"};
constexpr std::ptrdiff_t kShown = 12;  // rows and columns of a matrix that are printed

bool one_of(const std::string& word, std::initializer_list<const char*> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Options that the operation has no use for are mistakes.
void check(const MatrixCommand& c) {
  const std::string& op = c.operation;
  if (std::find(kOperations.begin(), kOperations.end(), op) == kOperations.end()) {
    const std::string near = files::nearest(op, std::vector<std::string>(kOperations.begin(), kOperations.end()));
    throw UsageError(fmt::format("matrix: no operation '{}'; {}", op,
                                 near.empty() ? fmt::format("there are {}", fmt::join(kOperations, ", "))
                                              : fmt::format("did you mean {}?", near)));
  }
  const bool two = one_of(op, {"multiply", "solve"});
  if (two && c.b.empty()) throw UsageError(fmt::format("matrix {}: it takes two matrices", op));
  if (!two && !c.b.empty())
    throw UsageError(fmt::format("matrix {}: it takes one matrix; '{}' is the second", op, c.b));
  const auto only = [&](bool given, const char* option, std::initializer_list<const char*> where) {
    if (given && !one_of(op, where))
      throw UsageError(fmt::format("matrix {}: {} is for {}", op, option, fmt::join(where, ", ")));
  };
  only(!c.kind.empty(), "--kind", {"norm", "condition"});
  only(c.tolerance >= 0, "--tolerance", {"rank", "pseudo_inverse"});
  only(c.values_only, "--values-only", {"symmetric_eigen", "general_eigen", "svd"});
  only(!c.precision.empty(), "--precision", {"multiply", "solve", "inverse", "symmetric_eigen", "svd"});
}

Value request_for(const MatrixCommand& c) {
  Value::Object fields;
  fields.emplace_back("a", value_of("@" + c.a));
  if (!c.b.empty()) fields.emplace_back("b", value_of("@" + c.b));
  if (!c.precision.empty()) fields.emplace_back("precision", Value(c.precision));
  if (!c.kind.empty()) fields.emplace_back("kind", Value(c.kind));
  if (c.tolerance >= 0) fields.emplace_back("tolerance", Value(c.tolerance));
  if (c.values_only) fields.emplace_back("vectors", Value(false));
  return Value(std::move(fields));
}

template <class T, std::size_t R>
std::string cell(const Frozen<T, R>& a, std::ptrdiff_t i, std::ptrdiff_t j) {
  if constexpr (R == 1)
    return number(static_cast<double>(a[i]), 8 + static_cast<int>(j));
  else if constexpr (R == 2)
    return number(static_cast<double>(a(i, j)), 6);
  else
    return "";
}

std::string text_of(const std::string& name, const Value::Array& array) {
  return std::visit(
      [&]<class T, std::size_t R>(const Frozen<T, R>& a) {
        const std::ptrdiff_t rows = a.extent(0), columns = R == 1 ? 1 : a.extent(R - 1);
        std::string text =
            R == 1 ? fmt::format("{}: {}\n", name, rows) : fmt::format("{}: {} x {}\n", name, rows, columns);
        std::vector<std::vector<std::string>> lines;
        for (std::ptrdiff_t i = 0; i < std::min(rows, kShown); ++i) {
          auto& line = lines.emplace_back();
          for (std::ptrdiff_t j = 0; j < std::min(columns, kShown); ++j) line.push_back(cell(a, i, j));
          if (columns > kShown) line.emplace_back("...");
        }
        text += aligned(lines, "  ");
        if (rows > kShown) text += "  ...\n";
        return text;
      },
      array);
}

bool is_array(const Value& v) { return std::holds_alternative<Value::Array>(v.data); }
bool is_empty(const Value& v) {
  return is_array(v) && std::visit([](const auto& a) { return a.empty(); }, std::get<Value::Array>(v.data));
}

bool is(const Value& answer, std::string_view name, bool wanted) {
  const Value* v = answer.find(name);
  const bool* flag = v ? std::get_if<bool>(&v->data) : nullptr;
  return flag && *flag == wanted;
}

/// What a person should know before using the numbers.  returns  whether there are any numbers
bool warn(const Value& answer, Output& output) {
  if (is(answer, "singular", true)) {
    output.note("the matrix is singular: there is no solution, or more than one");
    return false;
  }
  if (is(answer, "ill_conditioned", true)) output.note("the matrix is ill conditioned: no digit may be right");
  if (is(answer, "positive_definite", false)) {
    output.note("the matrix is not positive definite");
    return false;
  }
  if (is(answer, "converged", false)) {
    output.note("no result: the matrix has NaN or infinity, or the iteration found no end");
    return false;
  }
  return true;
}

std::string text_of(const Value& answer) {
  std::string text;
  for (const auto& [name, value] : std::get<Value::Object>(answer.data))
    text += is_array(value) ? text_of(name, std::get<Value::Array>(value.data))
                            : fmt::format("{}: {}\n", name, compact(value));
  return text;
}

}  // namespace

Exit matrix(const MatrixCommand& command, const CommonOptions& common, const StopControl& stop, Output& output) {
  check(command);
  Session session(common, stop);
  Value request = session.run("read", [&] { return request_for(command); });
  ByNameOptions options;
  options.call = session.call_options();
  output.progress().begin(command.operation, 0, "");
  Value answer;
  {
    const TraceScope scope(session.trace_context());
    answer = call_by_name(session.endpoint(), "lagoon.Matrix." + command.operation, request, options);
  }
  output.progress().end();
  auto& fields = std::get<Value::Object>(answer.data);
  std::erase_if(fields, [](const auto& f) { return is_empty(f.second); });  // what was not asked for
  const bool known = warn(answer, output);
  if (!command.prefix.empty()) {
    std::vector<std::pair<std::string, std::string>> to_files;
    for (const auto& [name, value] : fields)
      if (is_array(value)) to_files.emplace_back(name, command.prefix + "." + name + "." + command.format);
    session.run("write", [&] { write_fields(answer, to_files); });
  }
  session.write_trace();
  if (common.json) {
    fields.emplace(fields.begin(), "operation", Value(command.operation));
    output.result(pretty(document("matrix", answer)) + "\n");
  } else {
    output.result(text_of(answer));
  }
  return known ? Exit::ok : Exit::failed;
}

}  // namespace lagoon::cli
