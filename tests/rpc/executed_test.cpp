// SPDX-License-Identifier: Apache-2.0
// A failed call says whether its handler ran, so that its caller knows whether to try again.
#include "lab.hpp"

namespace lagoon::test {
namespace {

class ExecutedIs : public testing::Test {
 protected:
  Engine engine_;
  Gate running_, finish_;
  Lab lab_{engine_,
           {.name = "lab", .concurrency = 1, .queue_limit = 2},
           {.compute = [this](const Item& q, CallContext&) -> Result<Item> {
             if (q.x < 0) return Status(Errc::not_found, "no such thing");
             running_.open();
             finish_.wait();
             return q;
           }}};
};

TEST_F(ExecutedIs, YesWhenTheHandlerSaidWhatIsWrong) {
  for (const Status& status : {lab_->try_call<Compute>({-1, {}}).status(), lab_->start<Compute>({-1, {}}).status()}) {
    EXPECT_EQ(status.code(), Errc::not_found);
    EXPECT_EQ(status.executed(), Executed::yes);
    EXPECT_EQ(status.isolate(), "lab");
  }
}

TEST_F(ExecutedIs, NoWhenTheQueueIsFull) {
  auto first = lab_->start<Compute>();
  running_.wait();
  auto second = lab_->start<Compute>(), third = lab_->start<Compute>(), refused = lab_->start<Compute>();
  const Status status = refused.status();
  EXPECT_EQ(status.code(), Errc::resource_exhausted);
  EXPECT_EQ(status.executed(), Executed::no);
  EXPECT_GT(status.retry_after().count(), 0);
  finish_.open();
  EXPECT_TRUE(first.status().ok() && second.status().ok() && third.status().ok());
}

TEST_F(ExecutedIs, NoWhenCancelledInTheQueueAndMaybeWhenRunning) {
  auto first = lab_->start<Compute>();
  running_.wait();
  auto second = lab_->start<Compute>();
  second.cancel();
  first.cancel();
  EXPECT_EQ(second.status().executed(), Executed::no);
  EXPECT_EQ(first.status().executed(), Executed::maybe);
  finish_.open();
}

TEST_F(ExecutedIs, NoWhenTheIsolateHasGone) {
  finish_.open();
  lab_.close();
  for (const Status& status : {lab_->try_call<Compute>().status(), lab_->start<Compute>().status(),
                               lab_->read<Down>().status(), lab_->write<Up>().status(), lab_->both<Both>().status()}) {
    EXPECT_EQ(status.code(), Errc::unavailable) << status.to_string();
    EXPECT_EQ(status.executed(), Executed::no);
    EXPECT_EQ(status.isolate(), "lab");
  }
}

TEST_F(ExecutedIs, NoWhenTheIsolateClosesBeforeTheCallStarts) {
  auto first = lab_->start<Compute>();
  running_.wait();
  auto second = lab_->start<Compute>();
  std::thread closer([&] { lab_.close(); });
  const Status status = second.status();
  EXPECT_EQ(status.code(), Errc::unavailable) << status.to_string();
  EXPECT_EQ(status.executed(), Executed::no);
  finish_.open();
  closer.join();
  EXPECT_TRUE(first.try_get().ok()) << "what runs is waited for";
}

TEST_F(ExecutedIs, NoInWhatAStreamsReaderOrWriterThrows) {
  auto first = lab_->start<Compute>();
  running_.wait();
  const CallOptions soon{.timeout = std::chrono::milliseconds(5), .window_items = 2};
  const auto thrown = [](auto&& action) {
    try {
      action();
    } catch (const Error& e) {
      return e.status();
    }
    return Status();
  };
  auto down = lab_->read<Down>({}, soon);
  auto both = lab_->both<Both>(soon);
  for (const Status& status : {thrown([&] { down.read(); }), thrown([&] { both.read(); })}) {
    EXPECT_EQ(status.code(), Errc::deadline_exceeded) << status.to_string();
    EXPECT_EQ(status.executed(), Executed::no) << status.to_string();
    EXPECT_EQ(status.isolate(), "lab");
  }
  finish_.open();
}

TEST_F(ExecutedIs, MaybeInWhatTheReaderOfARunningStreamThrows) {
  Gate begun, release;
  Lab lab(engine_, {.name = "stream"}, {.down = [&](Item, Writer<Item>, CallContext&) {
            begun.open();
            release.wait();
            return Status();
          }});
  auto down = lab->read<Down>({}, {.timeout = std::chrono::milliseconds(20)});
  begun.wait();
  try {
    down.read();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::deadline_exceeded) << e.what();
    EXPECT_EQ(e.status().executed(), Executed::maybe) << e.what();
  }
  release.open();
}

}  // namespace
}  // namespace lagoon::test
