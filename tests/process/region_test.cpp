// SPDX-License-Identifier: Apache-2.0
#include "process/region.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <lagoon/core/error.hpp>
#include <lagoon/engine/map_aligned.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

using lagoon::Errc;
using lagoon::Error;
using namespace lagoon::detail;

namespace {

Errc code_of_mapping(const File& file, std::size_t bytes, bool writable) {
  try {
    Mapping mapping(file, bytes, writable);
    return Errc::ok;
  } catch (const Error& error) {
    return error.code();
  }
}

/// An error from the system as a number; 0 is success.
int error_of(int result) { return result < 0 ? errno : 0; }

/// For shared memory and for the asking, by what the system itself says.
bool system_has_huge_pages() {
  const File file = make_shared_file("test", kHugePage);
  const Mapping mapping(file, kHugePage, true);
  *mapping.data() = std::byte{1};
  constexpr int kCollapse = 25;  // MADV_COLLAPSE
  return madvise(mapping.data(), kHugePage, kCollapse) == 0;
}

/// Bytes of shared memory that this process has mapped as huge pages, in all of its mappings.
std::size_t mapped_as_huge_pages() {
  std::ifstream maps("/proc/self/smaps");
  std::size_t kibibytes = 0, part = 0;
  for (std::string word; maps >> word;)
    if (word == "ShmemPmdMapped:" && maps >> part) kibibytes += part;
  return kibibytes << 10;
}

}  // namespace

TEST(SharedFiles, CannotChangeTheirSize) {
  const File file = make_shared_file("test", 3 * kPage);
  EXPECT_EQ(error_of(ftruncate(file.get(), kPage)), EPERM);
  EXPECT_EQ(error_of(ftruncate(file.get(), 4 * kPage)), EPERM);
  EXPECT_EQ(error_of(fcntl(file.get(), F_GETFD) & FD_CLOEXEC ? 0 : -1), 0);
}

TEST(SharedFiles, CannotBeMappedForWritingOnceSealedForReaders) {
  const File file = make_shared_file("test", kPage);
  const Mapping writer(file, kPage, true);
  seal_for_readers(file);
  EXPECT_EQ(code_of_mapping(file, kPage, true), Errc::permission_denied);
  EXPECT_EQ(error_of(static_cast<int>(pwrite(file.get(), "x", 1, 0))), EPERM);
  EXPECT_EQ(error_of(fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE)), EPERM);
  const Mapping reader(file, kPage, false);
  EXPECT_EQ(error_of(mprotect(reader.data(), kPage, PROT_READ | PROT_WRITE)), EACCES);
  std::memcpy(writer.data(), "kept", 4);  // the mapping that there was goes on
  EXPECT_EQ(std::memcmp(reader.data(), "kept", 4), 0);
}

TEST(SharedFiles, OpenedForReadersCanOnlyBeRead) {
  const File file = make_shared_file("test", kPage);
  const Mapping writer(file, kPage, true);
  const File readers = open_for_readers(file);
  EXPECT_EQ(code_of_mapping(readers, kPage, true), Errc::permission_denied);
  const Mapping reader(readers, kPage, false);
  EXPECT_EQ(error_of(mprotect(reader.data(), kPage, PROT_READ | PROT_WRITE)), EACCES);
  EXPECT_NE(error_of(fallocate(readers.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, kPage)), 0);
  std::memcpy(writer.data(), "kept", 4);
  EXPECT_EQ(std::memcmp(reader.data(), "kept", 4), 0);
}

TEST(SharedFiles, ThatCanShrinkOrHaveAnotherSizeAreNotMapped) {
  const File open(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(ftruncate(open.get(), kPage), 0);
  EXPECT_EQ(code_of_mapping(open, kPage, false), Errc::data_loss);
  ASSERT_EQ(fcntl(open.get(), F_ADD_SEALS, F_SEAL_GROW), 0);
  EXPECT_EQ(code_of_mapping(open, kPage, false), Errc::data_loss);
  ASSERT_EQ(fcntl(open.get(), F_ADD_SEALS, F_SEAL_SHRINK), 0);
  EXPECT_EQ(code_of_mapping(open, kPage, false), Errc::ok);
  EXPECT_EQ(code_of_mapping(open, 2 * kPage, false), Errc::data_loss);
  EXPECT_EQ(code_of_mapping(open, kPage - 1, false), Errc::data_loss);
  const File no_memory(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(code_of_mapping(no_memory, kPage, false), Errc::data_loss);
}

TEST(SharedFiles, AreClosedWithTheirOwner) {
  int descriptor = -1;
  {
    File file = make_shared_file("test", kPage);
    descriptor = file.get();
    File other = std::move(file);
    EXPECT_FALSE(file);  // NOLINT: what is left of it
    file = std::move(other);
    EXPECT_EQ(file.get(), descriptor);
    EXPECT_GE(fcntl(descriptor, F_GETFD), 0);
  }
  EXPECT_EQ(error_of(fcntl(descriptor, F_GETFD)), EBADF);
}

TEST(Regions, HandOutAlignedPlacesThatDoNotOverlap) {
  struct Held {
    std::size_t offset, bytes;
    unsigned char mark;
  };
  std::mt19937 random(7);
  Region region("test", std::size_t{24} << 20, false);
  std::vector<Held> held;
  int refused = 0;
  for (int step = 0; step < 20000; ++step) {
    if (random() % 2 == 0 || held.empty()) {
      const std::size_t bytes = 1 + random() % (std::size_t{1} << random() % 23);
      const auto offset = region.try_allocate(bytes);
      refused += !offset;
      if (!offset) continue;
      ASSERT_EQ(*offset % (bytes >= kHugePage ? kHugePage : bytes >= 64 * 1024 ? kPage : 64), 0u);
      ASSERT_LE(*offset + bytes, region.size());
      const auto mark = static_cast<unsigned char>(random());
      // The ends, which is where neighbours would meet.
      std::memset(region.at(*offset), mark, std::min<std::size_t>(bytes, 64));
      std::memset(region.at(*offset + bytes - std::min<std::size_t>(bytes, 64)), mark,
                  std::min<std::size_t>(bytes, 64));
      held.push_back({*offset, bytes, mark});
    } else {
      std::swap(held[random() % held.size()], held.back());
      const Held& last = held.back();
      ASSERT_EQ(region.at(last.offset)[0], std::byte{last.mark});
      ASSERT_EQ(region.at(last.offset)[last.bytes - 1], std::byte{last.mark});
      region.free(last.offset, last.bytes);
      held.pop_back();
    }
    if (step % 5000 == 0) region.trim();  // must leave alone what is held
  }
  EXPECT_GT(refused, 0);
  for (const Held& each : held) region.free(each.offset, each.bytes);
  EXPECT_EQ(region.held(), 0u);
  const auto all = region.try_allocate(region.size());
  EXPECT_EQ(all, 0u);  // all have joined again
  EXPECT_EQ(region.try_allocate(1), std::nullopt);
  EXPECT_EQ(region.held(), region.size());
}

TEST(Regions, UseTheLowestPlaceAgain) {
  Region region("test", 1 << 20, false);
  const auto low = region.try_allocate(1000), high = region.try_allocate(1000);
  ASSERT_TRUE(low && high);
  region.free(*low, 1000);
  EXPECT_EQ(region.try_allocate(900), low);
  region.free(*low, 900);
  region.free(*high, 1000);
  EXPECT_EQ(region.try_allocate(2000), low);
}

TEST(Regions, GiveNothingForNoBytesOrMoreThanTheyHave) {
  Region region("test", kPage, false);
  EXPECT_EQ(region.try_allocate(0), std::nullopt);
  EXPECT_EQ(region.try_allocate(kPage + 1), std::nullopt);
  EXPECT_EQ(region.try_allocate(~std::size_t{0}), std::nullopt);
  EXPECT_EQ(region.held(), 0u);
}

TEST(Regions, KeepFreedPagesUntilTheyAreTrimmed) {
  Region region("test", std::size_t{64} << 30, true);  // address space alone
  EXPECT_EQ(region.touched(), 0u);
  constexpr std::size_t kBytes = std::size_t{8} << 20;
  const auto first = region.try_allocate(kBytes), second = region.try_allocate(kBytes), third = region.try_allocate(5);
  ASSERT_TRUE(first && second && third);
  std::memset(region.at(*first), 1, kBytes);
  std::memset(region.at(*second), 2, kBytes);
  std::memset(region.at(*third), 3, 5);
  const std::size_t touched = region.touched();
  EXPECT_GE(touched, 2 * kBytes);
  region.free(*first, kBytes);
  EXPECT_EQ(region.touched(), touched);
  EXPECT_EQ(region.trim(), kBytes);
  EXPECT_EQ(region.touched(), touched - kBytes);
  EXPECT_EQ(region.at(*second)[kBytes - 1], std::byte{2});
  EXPECT_EQ(region.at(*third)[4], std::byte{3});
  region.free(*second, kBytes);
  region.free(*third, 5);
  EXPECT_EQ(region.trim(), touched - kBytes);
  EXPECT_EQ(region.touched(), 0u);
  EXPECT_EQ(region.trim(), 0u);
}

TEST(Regions, HaveHugePagesInEachMappingForTheAsking) {
  constexpr std::size_t kBytes = 8 * kHugePage;
  Region region("test", 2 * kBytes, true);
  const auto place = region.try_allocate(kBytes);
  ASSERT_TRUE(place);
  if (!system_has_huge_pages()) GTEST_SKIP() << "the kernel makes no huge pages of shared memory (Linux 6.1 does)";
  region.ask_for_huge_pages(*place, kBytes);
  EXPECT_EQ(region.touched(), kBytes);
  const Mapping reader(region.file(), region.size(), false);
  std::memset(region.at(*place), 1, kBytes);
  EXPECT_EQ(std::memcmp(region.at(*place), reader.data() + *place, kBytes), 0);
  EXPECT_EQ(mapped_as_huge_pages(), 2 * kBytes);
}

TEST(Regions, DoWithoutHugePagesWhereTheyAreTold) {
  Region region("test", 4 * kHugePage, false);
  const auto place = region.try_allocate(2 * kHugePage);
  ASSERT_TRUE(place);
  region.ask_for_huge_pages(*place, 2 * kHugePage);
  EXPECT_EQ(region.touched(), 0u);
}

TEST(Regions, AreTrimmedWhileOthersUseThem) {
  Region region("test", std::size_t{64} << 20, false);
  std::atomic<bool> stop{false};
  std::thread trimmer([&] {
    while (!stop) region.trim();
  });
  std::vector<std::thread> users;
  std::atomic<int> wrong{0};
  for (int user = 0; user < 2; ++user)
    users.emplace_back([&, user] {
      std::mt19937 random(static_cast<unsigned>(user));
      for (int round = 0; round < 1500; ++round) {
        const std::size_t bytes = 1 + random() % (256 * 1024);
        const auto offset = region.try_allocate(bytes);
        if (!offset) continue;
        std::memset(region.at(*offset), user + 1, bytes);
        for (std::size_t at = 0; at < bytes; at += kPage) wrong += region.at(*offset)[at] != std::byte(user + 1);
        wrong += region.at(*offset)[bytes - 1] != std::byte(user + 1);
        region.free(*offset, bytes);
      }
    });
  for (std::thread& user : users) user.join();
  stop = true;
  trimmer.join();
  EXPECT_EQ(wrong, 0);
  region.trim();
  EXPECT_EQ(region.touched(), 0u);
}

TEST(Regions, KnowWhichAddressesAreTheirs) {
  const Region region("test", 2 * kPage, false);
  EXPECT_EQ(region.find(region.at(0), 2 * kPage), 0u);
  EXPECT_EQ(region.find(region.at(100), 1), 100u);
  EXPECT_EQ(region.find(region.at(100), 2 * kPage), std::nullopt);
  EXPECT_EQ(region.find(region.at(0), ~std::size_t{0}), std::nullopt);
  EXPECT_EQ(region.find(region.at(2 * kPage), 1), std::nullopt);
  int outside = 0;
  EXPECT_EQ(region.find(&outside, 1), std::nullopt);
  EXPECT_EQ(region.find(nullptr, 0), std::nullopt);
}
