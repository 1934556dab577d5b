// SPDX-License-Identifier: Apache-2.0
#include "energies_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>
#include <lagoon/core/error.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <limits>
#include <sstream>

namespace lagoon::cli {
namespace {

class Energies : public ::testing::Test {
 protected:
  void TearDown() override { std::remove(path_.c_str()); }

  static ObservationFacts at(std::int64_t step) {
    ObservationFacts o;
    o.step = step;
    o.time = static_cast<double>(step) * 0.1;
    o.total = 1.0 / 3;
    o.pressure = std::numeric_limits<double>::quiet_NaN();
    return o;
  }
  void write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
  std::string text() const {
    std::stringstream all;
    all << std::ifstream(path_, std::ios::binary).rdbuf();
    return all.str();
  }
  std::string refused() const {
    const std::string before = text();
    try {
      EnergiesFile(path_, 10, [](const ObservationFacts&) {});
    } catch (const Error& e) {
      EXPECT_EQ(text(), before);
      return e.status().message();
    }
    return "";
  }

  std::string path_ = ::testing::TempDir() + "lagoon_energies_" + std::to_string(::getpid()) + ".csv";
  std::string header_ =
      "step,time,potential,kinetic,total,conserved,temperature,pressure,volume,pair,coulomb,bond,angle,tail\n";
  std::string third_ = "3,0.30000000000000004,0,0,0.3333333333333333,0,0,,0,0,0,0,0,0\n";
};

TEST_F(Energies, HaveAllDigitsAndEmptyCells) {
  write("old");
  {
    EnergiesFile file(path_);
    file.write(at(3));
  }
  EXPECT_EQ(text(), header_ + third_);
}

TEST_F(Energies, GoOnBehindAStep) {
  {
    EnergiesFile file(path_);
    for (int step = 0; step < 10; ++step) file.write(at(step));
  }
  std::vector<ObservationFacts> kept;
  {
    EnergiesFile file(path_, 4, [&](const ObservationFacts& o) { kept.push_back(o); });
    file.write(at(5));
  }
  ASSERT_EQ(kept.size(), 5u);
  EXPECT_EQ(kept.back().step, 4);
  EXPECT_EQ(kept.back().total, 1.0 / 3);
  EXPECT_TRUE(std::isnan(kept.back().pressure));
  const std::string now = text();
  EXPECT_EQ(std::count(now.begin(), now.end(), '\n'), 1 + 6);
}

TEST_F(Energies, LoseARowThatWasCutOff) {
  for (const std::string& rest : {std::string("4,0.4"), std::string("4"), third_.substr(0, third_.size() - 1)}) {
    write(header_ + third_ + rest);
    {
      EnergiesFile file(path_, 10, [](const ObservationFacts&) {});
    }
    EXPECT_EQ(text(), header_ + third_);
  }
}

TEST_F(Energies, BeginAnewWithoutAFileOrHeader) {
  for (const std::string& before : {std::string(), header_.substr(0, header_.size() - 1)}) {
    write(before);
    {
      EnergiesFile file(path_, 10, [](const ObservationFacts&) {});
    }
    EXPECT_EQ(text(), header_);
  }
  std::remove(path_.c_str());
  {
    EnergiesFile file(path_, 10, [](const ObservationFacts&) {});
  }
  EXPECT_EQ(text(), header_);
}

TEST_F(Energies, OfAnotherTableAreLeftAlone) {
  write("a,b\n1,2\n");
  EXPECT_NE(refused().find(":1: this is no table of energies"), std::string::npos);
  write(header_ + third_ + "hello\n" + third_);
  EXPECT_NE(refused().find(":3: this is no row of energies"), std::string::npos);
  write(header_ + third_.substr(0, third_.size() - 1) + ",7\n");
  EXPECT_NE(refused().find(":2: this is no row of energies"), std::string::npos);
}

TEST_F(Energies, WithoutAFolderAreRefused) { EXPECT_THROW(EnergiesFile("/no/such/folder/e.csv"), Error); }

}  // namespace
}  // namespace lagoon::cli
