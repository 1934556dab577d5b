// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cctype>
#include <cstdlib>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace lagoon::test {

/// What Prometheus would read in the text, strictly: each sample below HELP and TYPE of its family, families in one
/// piece, no sample twice. Throws std::runtime_error with the line.
class Exposition {
 public:
  using Labels = std::map<std::string, std::string>;
  struct Sample {
    std::string name;
    Labels labels;
    double value = 0;
  };

  explicit Exposition(std::string_view text) {
    if (!text.ends_with('\n')) throw std::runtime_error("the last line has no end");
    while (!text.empty()) {
      const auto end = text.find('\n');
      line(std::string(text.substr(0, end)));
      text.remove_prefix(end + 1);
    }
  }
  double at(const std::string& name, const Labels& labels) const {
    for (const Sample& s : samples)
      if (s.name == name && s.labels == labels) return s.value;
    throw std::runtime_error("no such sample: " + name);
  }

  std::vector<Sample> samples;
  std::map<std::string, std::string> types;

 private:
  void line(const std::string& l) {
    const auto refuse = [&](const char* why) { throw std::runtime_error(std::string(why) + ": " + l); };
    if (l.starts_with("# HELP ")) {
      family_ = l.substr(7, l.find(' ', 7) - 7);
      if (!helped_.insert(family_).second) refuse("HELP twice");
      return;
    }
    if (l.starts_with("# TYPE ")) {
      const auto space = l.find(' ', 7);
      if (l.substr(7, space - 7) != family_) refuse("TYPE of another family");
      const std::string type = l.substr(space + 1);
      if (!std::set<std::string>{"gauge", "counter", "histogram"}.contains(type)) refuse("an unknown type");
      if ((type == "counter") != family_.ends_with("_total")) refuse("counters end in _total, others do not");
      types[family_] = type;
      return;
    }
    std::size_t i = 0;
    const auto word = [&] {
      const std::size_t begin = i;
      while (i < l.size() && (std::isalnum(static_cast<unsigned char>(l[i])) || l[i] == '_')) ++i;
      if (begin == i || std::isdigit(static_cast<unsigned char>(l[begin]))) refuse("not a name");
      return l.substr(begin, i - begin);
    };
    Sample s;
    s.name = word();
    std::string family = s.name;
    if (types[family_] == "histogram")
      for (const std::string end : {"_bucket", "_sum", "_count"})
        if (family == family_ + end) family = family_;
    if (family != family_ || types[family_].empty()) refuse("a sample outside its family");
    if (i < l.size() && l[i] == '{') {
      do {
        ++i;
        const std::string key = word();
        if (l.compare(i, 2, "=\"") != 0) refuse("no label");
        std::string value;
        for (i += 2; i < l.size() && l[i] != '"'; ++i) {
          if (l[i] != '\\') {
            value += l[i];
            continue;
          }
          ++i;
          if (i == l.size() || std::string("\\\"n").find(l[i]) == std::string::npos) refuse("a wrong escape");
          value += l[i] == 'n' ? '\n' : l[i];
        }
        if (i++ >= l.size() || !s.labels.emplace(key, value).second) refuse("a wrong label");
      } while (i < l.size() && l[i] == ',');
      if (i >= l.size() || l[i++] != '}') refuse("labels without an end");
    }
    if (i >= l.size() || l[i++] != ' ') refuse("no value");
    char* end = nullptr;
    const std::string number = l.substr(i);
    s.value = std::strtod(number.c_str(), &end);
    if (number.empty() || *end) refuse("not a number");
    if (!seen_.insert(l.substr(0, i)).second) refuse("a sample twice");
    samples.push_back(std::move(s));
  }

  std::string family_;
  std::set<std::string> helped_, seen_;
};

}  // namespace lagoon::test
