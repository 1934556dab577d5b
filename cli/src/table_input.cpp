// SPDX-License-Identifier: Apache-2.0
#include "table_input.hpp"

#include <fmt/format.h>
#include <lagoon/kernels/files/csv.hpp>
#include <lagoon/kernels/files/npy.hpp>
#include <lagoon/kernels/learning/preparation.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "text.hpp"

namespace lagoon::cli {
namespace {

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

void refuse_without_numbers(const files::Table& table) {
  if (!table.columns.empty()) return;
  std::string why = fmt::format("{}: no column holds numbers", table.source);
  if (table.rows == 0)
    why = fmt::format("{}: there are no rows below the header", table.source);
  else if (!table.skipped.empty() && table.skipped.front().line)
    why += fmt::format(" (line {}: '{}'); see --header, --skip-rows, --delimiter and --decimal",
                       table.skipped.front().line, table.skipped.front().example);
  throw Error(Errc::invalid_argument, why);
}

void take_rows(files::Column& column, const std::vector<std::int64_t>& rows) {
  Tensor<double, 1> taken = learning::take_rows(column.values.view(), View<const std::int64_t, 1>(rows));
  column.missing = static_cast<std::size_t>(
      std::count_if(taken.data(), taken.data() + taken.size(), [](double x) { return std::isnan(x); }));
  column.values = std::move(taken).freeze();
}

}  // namespace

files::Table read_table(const TableInput& input, const std::vector<std::string>& also, Session& session,
                        Progress& progress) {
  std::vector<std::string> wanted = also;
  wanted.push_back(input.time);
  const std::string path = input.file == "-" ? "/dev/stdin" : input.file;
  if (path.ends_with(".npy")) {
    files::Table table = session.run("read", [&] { return files::read_npy_table(path, input.csv.max_columns); });
    if (input.csv.columns.empty()) return table;
    std::vector<std::string> columns = input.csv.columns;
    for (const std::string& name : wanted) add_once(columns, name);
    for (const std::string& name : columns) table.column(name);  // throws what is wrong with it
    std::erase_if(table.columns, [&](const files::Column& c) {
      return std::find(columns.begin(), columns.end(), c.name) == columns.end();
    });
    return table;
  }
  files::CsvOptions options = input.csv;
  if (!input.time.empty()) options.times = {input.time};
  if (!options.columns.empty())
    for (const std::string& name : wanted) add_once(options.columns, name);
  std::string_view stage;
  options.progress = [&](const files::ReadProgress& p) {
    if (p.stage != stage) progress.begin(std::string(p.stage), static_cast<double>(p.total), "B");
    stage = p.stage;
    progress.update(static_cast<double>(p.done));
  };
  files::Table table = session.run("read", [&] { return files::read_csv(path, options); });
  progress.end();
  refuse_without_numbers(table);
  return table;
}

files::Column take_time(files::Table& table, const std::string& name, std::vector<std::string>& notes) {
  if (name.empty()) return {};
  files::Column time = table.column(name);
  const View<const double, 1> t = time.values;
  std::vector<std::int64_t> order;
  bool rising = true;
  for (std::ptrdiff_t i = 0; i < t.extent(0); ++i) {
    if (std::isnan(t[i])) continue;
    rising = rising && (order.empty() || t[order.back()] <= t[i]);
    order.push_back(i);
  }
  const std::size_t without = table.rows - order.size();
  if (without > 0) notes.push_back(fmt::format("{} without a value in '{}' left out", counted(without, "row"), name));
  if (!rising) notes.push_back(fmt::format("rows were not in the order of '{}'; they are taken in it", name));
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) { return t[a] < t[b]; });
  std::erase_if(table.columns, [&](const files::Column& c) { return c.name == name; });
  if (without == 0 && rising) return time;
  for (files::Column& c : table.columns) take_rows(c, order);
  take_rows(time, order);
  table.rows = order.size();
  return time;
}

}  // namespace lagoon::cli
