// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <lagoon/kernels/files/dcd.hpp>

#include <algorithm>
#include <cstring>

#include "particles.hpp"
#include "temporary_folder.hpp"

namespace lagoon::files {
namespace {

using dynamics::Units;

constexpr std::size_t kHeader = 92 + 92 + 12, kFrame = 56 + 3 * (12 + 8);  // three particles

/// A trajectory of steps 100, 150, 200, as bytes.
std::string trajectory(const TemporaryFolder& folder) {
  DcdWriter writer(folder.path("t.dcd"), {.every = 50, .time_step = 0.25});
  for (std::int64_t step : {100, 150, 200}) {
    auto s = three_particles();
    s.positions(0, 0) = static_cast<double>(step);
    writer.write(s, step);
  }
  writer.close();
  return folder.read("t.dcd");
}

/// As a machine of the other byte order would have written it.
std::string swapped(std::string bytes) {
  const auto turn = [&](std::size_t at, std::size_t size) {
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                 bytes.begin() + static_cast<std::ptrdiff_t>(at + size));
  };
  const auto turn_all = [&](std::size_t from, std::size_t to) {
    for (std::size_t at = from; at < to; at += 4) turn(at, 4);
  };
  turn_all(0, 4);
  turn_all(8, 100);  // behind CORD, and on to the titles
  turn_all(180, kHeader);
  for (std::size_t frame = kHeader; frame + kFrame <= bytes.size(); frame += kFrame) {
    turn_all(frame, frame + 4);
    for (std::size_t k = 0; k < 6; ++k) turn(frame + 4 + 8 * k, 8);
    turn_all(frame + 52, frame + kFrame);
  }
  return bytes;
}

std::string with(std::string bytes, std::size_t at, std::int32_t value) {
  std::memcpy(bytes.data() + at, &value, 4);
  return bytes;
}

TEST(Dcd, HoldsPositionsInSinglePrecisionWithStepsAndBox) {
  const TemporaryFolder folder;
  const std::string bytes = trajectory(folder);
  EXPECT_EQ(bytes.size(), kHeader + 3 * kFrame);
  const auto s = three_particles();
  const DcdReader reader(folder.path("t.dcd"));
  EXPECT_EQ(reader.particles(), 3);
  ASSERT_EQ(reader.frames(), 3u);
  for (std::size_t k : {2, 0, 1}) {
    const auto frame = reader.read(k);
    EXPECT_EQ(frame.step, 100 + 50 * static_cast<std::int64_t>(k));
    EXPECT_EQ(frame.time, 0.25 * static_cast<double>(frame.step));
    EXPECT_EQ(frame.edges, s.box.length);
    EXPECT_EQ(frame.positions(0, 0), static_cast<double>(frame.step));
    EXPECT_EQ(frame.positions(2, 1), static_cast<double>(static_cast<float>(s.positions(2, 1))));
  }
  EXPECT_EQ(error_of([&] { reader.read(3); }), "out_of_range: " + folder.path("t.dcd") + ": frame 3 of 3, from 0");
}

TEST(Dcd, IsInAngstromWhereUnitsAreNano) {
  const TemporaryFolder folder;
  const auto path = folder.path("a.dcd");
  auto s = three_particles();
  s.units = Units::nano();
  s.box.boundary[1] = dynamics::Boundary::open;
  DcdWriter(path, {.every = 1, .time_step = 0.002}).write(s, 1000);
  const auto frame = DcdReader(path, Units::nano()).read(0);
  EXPECT_NEAR(frame.time, 2, 1e-6);  // the step is a float there
  EXPECT_NEAR(frame.positions(1, 1), s.positions(1, 1), 1e-7);
  EXPECT_NEAR((*frame.edges)[0], s.box.length[0], 1e-14);
  EXPECT_EQ((*frame.edges)[1], 0);
  EXPECT_NEAR(DcdReader(path).read(0).positions(1, 1), 10 * s.positions(1, 1), 1e-6);
}

TEST(Dcd, ReadsEitherByteOrder) {
  const TemporaryFolder folder;
  const std::string little = trajectory(folder), big = swapped(little);
  const auto a = DcdReader::over(little, "l"), b = DcdReader::over(big, "b");
  ASSERT_EQ(b.frames(), 3u);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(values(b.read(k).positions), values(a.read(k).positions));
    EXPECT_EQ(b.read(k).edges, a.read(k).edges);
    EXPECT_EQ(b.read(k).time, a.read(k).time);
  }
}

TEST(Dcd, CountsFramesByTheBytesThatAreThere) {
  const TemporaryFolder folder;
  const std::string bytes = trajectory(folder);
  EXPECT_EQ(DcdReader::over(with(bytes, 8, 1'000'000), "a").frames(), 3u);
  EXPECT_EQ(DcdReader::over(with(bytes, 8, 0), "a").frames(), 3u);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string_view part = std::string_view(bytes).substr(0, size);
    if (size < kHeader)
      EXPECT_NE(error_of([&] { DcdReader::over(part, "a"); }), "no error") << size;
    else
      EXPECT_EQ(DcdReader::over(part, "a").frames(), (size - kHeader) / kFrame);
  }
}

TEST(Dcd, TrustsNoLengthOfARecord) {
  const TemporaryFolder folder;
  const std::string bytes = trajectory(folder);
  const auto fails = [&](std::size_t at, std::int32_t value) {
    const std::string broken = with(bytes, at, value);
    return error_of([&] { DcdReader::over(broken, "a.dcd").read(0); });
  };
  EXPECT_EQ(fails(0, 85), "invalid_argument: a.dcd: byte 0: no DCD file: its first record is not of 84 bytes");
  EXPECT_EQ(fails(4, 0), "invalid_argument: a.dcd: byte 4: records with lengths of 64 bits are not read");
  EXPECT_EQ(fails(88, 0), "invalid_argument: a.dcd: byte 88: the record of the first record has two lengths");
  EXPECT_EQ(fails(92, -1), "invalid_argument: a.dcd: byte 92: the record of titles has a length of -1");
  EXPECT_EQ(fails(92, INT32_MAX),
            "invalid_argument: a.dcd: byte " + std::to_string(bytes.size()) + ": the file ends within its header");
  EXPECT_EQ(fails(188, -3), "invalid_argument: a.dcd: byte 188: -3 particles");
  EXPECT_EQ(fails(188, INT32_MAX), "invalid_argument: a.dcd: byte 188: 2147483647 particles");
  EXPECT_EQ(fails(188, 500'000'000), "out_of_range: a.dcd: frame 0 of 0, from 0");
  EXPECT_EQ(fails(kHeader, 47), "invalid_argument: a.dcd: byte 196: a record of 47 bytes in place of 48");
  EXPECT_EQ(fails(kHeader + 56, 1 << 30),
            "invalid_argument: a.dcd: byte 252: a record of 1073741824 bytes in place of 12");
  EXPECT_EQ(fails(40, 1), "invalid_argument: a.dcd: byte 40: files with fixed atoms are not read");
  EXPECT_EQ(fails(52, 1), "invalid_argument: a.dcd: byte 52: files with a fourth dimension are not read");
  EXPECT_EQ(fails(kHeader + 4 + 12, 0x3fe00000),  // cos gamma = 1/2
            "invalid_argument: a.dcd: byte 196: the cell of this frame is triclinic; only boxes with edges along x, y "
            "and z are read");
}

TEST(DcdWriter, GoesOnBehindTheStepOfTheCheckpoint) {
  const TemporaryFolder folder;
  const std::string all = trajectory(folder);
  const auto path = folder.path("t.dcd");
  const DcdOptions options{.every = 50, .time_step = 0.25};
  const auto last = [] {
    auto s = three_particles();
    s.positions(0, 0) = 200;
    return s;
  };
  for (std::size_t size : {all.size(), all.size() - 1, all.size() - kFrame}) {
    folder.write("t.dcd", all.substr(0, size));
    auto writer = DcdWriter::continuing(path, 199, options);
    EXPECT_EQ(writer.frames(), 2u);
    EXPECT_EQ(error_of([&] { writer.write(last(), 170); }),
              "invalid_argument: " + path + ": step 170; the next frame of this file is of step 200");
    EXPECT_EQ(error_of([&] { writer.write(dynamics::fcc({}), 200); }),
              "invalid_argument: " + path + ": 4 particles; frames of this file have 3");
    writer.write(last(), 200);
    writer.sync();
    EXPECT_EQ(folder.read("t.dcd"), all);
  }
  EXPECT_EQ(DcdWriter::continuing(path, 99, options).frames(), 0u);
  EXPECT_EQ(folder.read("t.dcd"), "");
  auto begun = DcdWriter::continuing(folder.path("new.dcd"), 3, options);
  begun.write(three_particles(), 7);
  EXPECT_EQ(DcdReader(folder.path("new.dcd")).read(0).step, 7);
}

TEST(DcdWriter, DoesNotTouchWhatItCannotContinue) {
  const TemporaryFolder folder;
  const std::string all = trajectory(folder);
  const auto path = folder.path("t.dcd");
  for (const std::string& bytes : {std::string("no trajectory at all"), swapped(all), all}) {
    folder.write("t.dcd", bytes);
    EXPECT_EQ(error_of([&] { DcdWriter::continuing(path, 0, {.every = 49}); }).substr(0, 16), "invalid_argument");
    EXPECT_EQ(folder.read("t.dcd"), bytes);
  }
}

TEST(DcdWriter, RefusesWhatTheFormatCannotHold) {
  const TemporaryFolder folder;
  const auto path = folder.path("a.dcd");
  EXPECT_EQ(error_of([&] { DcdWriter(path, {.every = 0}); }).substr(0, 16), "invalid_argument");
  EXPECT_EQ(error_of([&] { DcdWriter(path, {.time_step = -1}); }).substr(0, 16), "invalid_argument");
  DcdWriter writer(path);
  EXPECT_EQ(error_of([&] { writer.write(three_particles(), std::int64_t{1} << 31); }).substr(0, 12), "out_of_range");
  auto s = three_particles();
  s.positions(1, 2) = 1e39;
  EXPECT_EQ(error_of([&] { writer.write(s, 0); }), "out_of_range: dcd: particle 1 is beyond single precision along z");
  EXPECT_EQ(folder.read("a.dcd"), "");
  EXPECT_EQ(writer.frames(), 0u);
}

}  // namespace
}  // namespace lagoon::files
