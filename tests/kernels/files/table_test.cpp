// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <lagoon/kernels/files/csv.hpp>
#include <lagoon/kernels/files/table.hpp>

#include "temporary_folder.hpp"

namespace lagoon::files {
namespace {

TEST(Nearest, FindsWhatWasMeant) {
  const std::vector<std::string> names = {"income", "age", "education", "Age"};
  EXPECT_EQ(nearest("incmoe", names), "income");
  EXPECT_EQ(nearest("INCOME", names), "income");
  EXPECT_EQ(nearest("aeg", names), "age");
  EXPECT_EQ(nearest("eduction", names), "education");
}

TEST(Nearest, OffersNothingFarFetched) {
  const std::vector<std::string> names = {"income", "age"};
  EXPECT_EQ(nearest("xyz", names), "");
  EXPECT_EQ(nearest("", names), "");
  EXPECT_EQ(nearest("age", {}), "");
}

TEST(Tables, SayWhyAColumnIsNotThere) {
  const Table t = parse_csv("who,income\nAnn,1\n", {}, "t.csv");
  EXPECT_EQ(error_of([&] { t.column("incme"); }), "not_found: t.csv: no column 'incme'; did you mean 'income'?");
  EXPECT_EQ(error_of([&] { t.column("who"); }),
            "invalid_argument: t.csv: column 'who' holds no numbers (line 2: 'Ann')");
}

}  // namespace
}  // namespace lagoon::files
