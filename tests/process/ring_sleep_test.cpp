// SPDX-License-Identifier: Apache-2.0
// Who sleeps on a ring, and who wakes it.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#include "../rpc/watchdog.hpp"
#include "process/ring.hpp"
#include "ring_pair.hpp"
#include "support/asleep.hpp"

using lagoon::test::RingPair;
using namespace lagoon::detail;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// Waits for a message as the reading thread of a process does, after a look or two.
std::uint32_t receive(RingReader& reader, unsigned looks) {
  for (;;) {
    for (unsigned look = 0; look <= looks; ++look) {
      const auto message = reader.try_next();
      if (message.empty()) continue;
      std::uint32_t number;
      std::memcpy(&number, message.data(), sizeof number);
      reader.take();
      return number;
    }
    if (reader.set_listening(Listening::asleep)) reader.sleep(-1);
    reader.set_listening(Listening::polling);
  }
}

void send(RingWriter& writer, std::uint32_t number) {
  std::byte* to;
  while (!(to = writer.try_reserve(sizeof number))) std::this_thread::yield();
  std::memcpy(to, &number, sizeof number);
  if (writer.commit()) writer.wake_reader();
}

/// How another process that runs this ended.
int in_another_process(const std::function<int()>& run, const std::function<void()>& meanwhile) {
  const pid_t child = fork();
  if (child == 0) _exit(run());
  for (;;) {
    meanwhile();
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child) return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    std::this_thread::yield();
  }
}

}  // namespace

TEST(RingSleepers, MissNoMessageThatComesAsTheyFallAsleep) {
  constexpr std::uint32_t kRounds = 100'000;
  lagoon::test::g_watchdog.allow(std::chrono::seconds(60));
  const RingPair pair(256);
  std::thread peer([&] {
    RingWriter writer = pair.right_writer();
    RingReader reader = pair.right_reader();
    for (std::uint32_t round = 0; round < kRounds; ++round) send(writer, receive(reader, round % 37) + 1);
  });
  RingWriter writer = pair.left_writer();
  RingReader reader = pair.left_reader();
  std::uint32_t wrong = 0;
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    send(writer, round);
    wrong += receive(reader, round % 23) != round + 1;
  }
  peer.join();
  EXPECT_EQ(wrong, 0u);
}

TEST(RingSleepers, MissNoMessageOfAWriterThatDoesNotWait) {
  constexpr std::uint32_t kMessages = 300'000;
  lagoon::test::g_watchdog.allow(std::chrono::seconds(60));
  const RingPair pair(256);
  std::thread peer([&] {
    RingWriter writer = pair.right_writer();
    for (std::uint32_t number = 0; number < kMessages; ++number) send(writer, number);
  });
  RingReader reader = pair.left_reader();
  std::uint32_t wrong = 0;
  for (std::uint32_t number = 0; number < kMessages; ++number) wrong += receive(reader, number % 3) != number;
  peer.join();
  EXPECT_EQ(wrong, 0u);
}

TEST(RingSleepers, AreWokenByAnotherProcessThroughAMappingThatCannotWrite) {
  const RingPair pair(256);
  RingWriter writer = pair.left.writer();
  const auto sleeper = [&] {
    RingReader reader = pair.right.reader();
    if (reader.set_listening(Listening::asleep)) reader.sleep(30 * kSecond);
    return reader.empty() ? 1 : 0;
  };
  // Once it says that it is asleep; and again in case that it was about to be, as a peer that goes on writing would.
  const auto wake = [&] {
    if (pair.left.peers_page().tail == 0 && writer.written() == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // so that it does sleep; right without it too
      std::byte* const to = writer.try_reserve(1);
      *to = std::byte{1};
      EXPECT_TRUE(writer.commit());
      writer.wake_reader();
    }
  };
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(in_another_process(sleeper, wake), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST(RingSleepers, AreSentHomeByTheirOwnProcessWhichCannotWriteTheWord) {
  const RingPair pair(256);
  const RingReader reader = pair.right.reader();
  std::vector<std::thread> sleepers;
  std::atomic<int> slept{0};
  for (int i = 0; i < 3; ++i)
    sleepers.emplace_back([&] {
      reader.sleep_while(reader.peers_tail(), -1);
      ++slept;
    });
  while (slept < 3) {
    reader.wake_sleepers();
    std::this_thread::yield();
  }
  for (std::thread& sleeper : sleepers) sleeper.join();
  EXPECT_EQ(slept, 3);
}

TEST(RingSleepers, AreWokenWhenTheyAreOfTheKindThatWasSaid) {
  const RingPair pair(256);
  const RingWriter writer = pair.left.writer();
  RingReader reader = pair.right.reader();
  std::atomic<int> callers{0}, threads{0};
  lagoon::test::Drowsy first;
  std::thread thread([&] {  // first: a wake-up of anybody would be its
    first.is_this_thread();
    reader.sleep_while(reader.peers_tail(), -1, Sleeper::thread);
    ++threads;
  });
  first.wait_until_asleep();
  std::thread caller([&] {
    reader.sleep_while(reader.peers_tail(), -1, Sleeper::caller);
    ++callers;
  });
  const auto wake_until = [&](const std::atomic<int>& woken) {  // again: who is about to sleep does not hear it
    while (woken == 0) {
      writer.wake_reader();
      std::this_thread::yield();
    }
  };
  reader.set_listening(Listening::asleep_in_call);
  wake_until(callers);
  EXPECT_EQ(threads, 0);
  reader.set_listening(Listening::asleep);
  wake_until(threads);
  thread.join();
  caller.join();
}

TEST(RingReaders, SeeWhetherThePeerWasLastOnTheirCore) {
  const auto stay_on = [](int core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    return ::sched_setaffinity(0, sizeof cores, &cores) == 0;
  };
  cpu_set_t all;
  ASSERT_EQ(::sched_getaffinity(0, sizeof all, &all), 0);
  int other = 0;
  const int here = ::sched_getcpu();
  while (other < CPU_SETSIZE && (other == here || !CPU_ISSET(other, &all))) ++other;
  if (other == CPU_SETSIZE) GTEST_SKIP() << "one core";

  const RingPair pair(256);
  RingWriter writer = pair.left.writer();
  const RingReader reader = pair.right.reader();
  const auto write = [&] {
    EXPECT_TRUE(writer.try_reserve(1));
    writer.commit();
  };
  EXPECT_FALSE(reader.shares_core()) << "nothing was written";
  std::thread([&] {
    ASSERT_TRUE(stay_on(other));
    write();
    EXPECT_TRUE(reader.shares_core());
    ASSERT_TRUE(stay_on(here));
    EXPECT_FALSE(reader.shares_core());
    write();
    EXPECT_TRUE(reader.shares_core());
  }).join();
}

TEST(RingSleepers, WakeAfterTheirTime) {
  const RingPair pair(256);
  RingReader reader = pair.right.reader();
  ASSERT_TRUE(reader.set_listening(Listening::asleep));
  const auto begin = std::chrono::steady_clock::now();
  // A signal may end one early.
  while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(2)) reader.sleep(1'000'000);
  EXPECT_TRUE(reader.empty());
}

TEST(RingSleepers, DoNotBeginWhenAMessageIsThere) {
  const RingPair pair(256);
  RingWriter writer = pair.left.writer();
  RingReader reader = pair.right.reader();
  ASSERT_TRUE(writer.try_reserve(8));
  writer.commit();
  EXPECT_FALSE(reader.set_listening(Listening::asleep));
  reader.sleep(-1);  // would last for ever
  ASSERT_EQ(reader.try_next().size(), 8u);
  EXPECT_TRUE(reader.set_listening(Listening::busy_alone));  // nothing besides the one that is looked at
  ASSERT_TRUE(writer.try_reserve(9));
  writer.commit();
  EXPECT_FALSE(reader.set_listening(Listening::busy_alone));
  EXPECT_TRUE(reader.set_listening(Listening::polling));
}

TEST(RingWriters, HearWhomTheyMustWake) {
  const RingPair pair(1024);
  RingWriter writer = pair.left.writer();
  RingReader reader = pair.right.reader();
  const auto wakes = [&](Listening how) {
    reader.set_listening(how);
    EXPECT_TRUE(writer.try_reserve(8));
    return writer.commit();
  };
  EXPECT_TRUE(wakes(Listening::asleep));
  EXPECT_FALSE(wakes(Listening::polling));
  EXPECT_TRUE(wakes(Listening::busy_alone));
  EXPECT_TRUE(wakes(Listening::asleep_in_call));
  EXPECT_TRUE(wakes(static_cast<Listening>(77)));
}
