// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <gtest/gtest.h>

namespace lagoon::cli {
namespace {

Analysis small() {
  Analysis a;
  a.file = "data/<b>&\"x\".csv";
  a.rows = 3;
  a.columns.push_back(
      {"</script><script>alert(1)</script>", 3, 0, 2, 1, 1, 1.5, 2, 2.5, 3, 0, -1.5, {{1, 2, 3}, {1, 2}}});
  a.skipped.push_back({"{{script}}", "text", "{{data}}", 2, false});
  return a;
}

TEST(Reports, EscapeWhatComesFromFiles) {
  const Analysis a = small();
  const std::string html = html_of(report_on(a));
  EXPECT_EQ(html.find("alert(1)</script>"), std::string::npos);
  EXPECT_NE(html.find("<title>&lt;b&gt;&amp;"), std::string::npos);
  EXPECT_NE(html.find("{{data}}"), std::string::npos) << "text of the user is not a template";
}

TEST(Reports, HoldTheirScripts) {
  const std::string html = html_of(report_on(small()));
  EXPECT_NE(html.find("Chart.js v3"), std::string::npos);
  EXPECT_EQ(html.find("src="), std::string::npos);
  EXPECT_EQ(html.find("sourceMappingURL"), std::string::npos);
  EXPECT_TRUE(html.ends_with("</html>\n"));
}

TEST(Reports, ShowTheLongestSpansOfATrace) {
  Report r;
  r.trace = R"({"traceEvents":[
    {"name":"process_name","ph":"M","pid":1,"tid":0,"args":{"name":"isolate one"}},
    {"name":"call","cat":"call","ph":"X","pid":1,"tid":7,"ts":1000,"dur":500,"args":{}},
    {"name":"kernel","cat":"kernel","ph":"X","pid":1,"tid":7,"ts":1100,"dur":100,"args":{}}]})";
  const std::string html = html_of(r);
  EXPECT_NE(html.find(R"("timeline":[{"name":"isolate one","spans":[{"name":"call","category":"call","begin":0.0,)"),
            std::string::npos);
}

}  // namespace
}  // namespace lagoon::cli
