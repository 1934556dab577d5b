// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/engine/budget.hpp>
#include <lagoon/engine/lent_pointer.hpp>
#include <lagoon/engine/short_lock.hpp>
#include <lagoon/rpc/remote.hpp>

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "message.hpp"
#include "region.hpp"
#include "ring.hpp"

namespace lagoon::detail {

/// What both ends of a link have mapped.
struct LinkMemory {
  Mapping own_ring, peers_ring;          ///< a page and the bytes of a ring, each
  std::shared_ptr<Region> own;           ///< arrays that this side lends
  std::shared_ptr<IsolateMemory> rooms;  ///< hands out of it what has to be copied there
  Mapping peers, peers_writable;         ///< arrays that the peer lends; the second may be missing
  bool peer_may_write = false;           ///< to arrays of `own` that it is given for good
};

/// What is said of a peer that has sent what cannot be; other failures as they are.
Status broken_rules(const Status& how);

/// One end of a connection between two processes: messages in rings, arrays in shared memory, calls in tables.
///
/// One thread at a time reads (`role`): a caller that waits for an answer, or a thread of the link's own. The peer is
/// told through its ring's page whether that thread has to be woken. Nothing that the peer writes is believed: what
/// cannot be ends the link.
class Link final : public std::enable_shared_from_this<Link> {
 public:
  /// serve    makes calls of the peer (a worker's side); null: it may make none
  /// broken   told once that the peer has said what cannot be; the link is dead by then
  using Serve = std::function<ServedCall*(std::uint16_t method, std::uint64_t id, Decoder& in)>;
  Link(LinkMemory memory, Serve serve, std::function<void(const Status&)> broken);
  ~Link();

  /// What arrays that the peer lends have for their lender: no other link of this process has it, but after 2^32.
  std::uint32_t lender() const noexcept { return lender_; }

  // ---- calls

  /// A place in the table, with one of the two references that a call begins with, until its `done` has come.
  ///   throws  what `dead` says
  std::uint64_t enlist(ForwardedCall& call);
  /// The same by a thread that looks for the answer itself, without a lock; 0: enlist() it, the quick place is taken.
  std::uint64_t try_enlist_quickly(ForwardedCall& call) noexcept;
  void dismiss(std::uint64_t id) noexcept;
  /// Takes it out of the table, with the table's reference; null: it has ended before.
  ForwardedCall* withdraw(std::uint64_t id);
  void served(std::uint64_t id, ServedCall& call);
  /// True: the table's reference is the caller's to drop.
  bool end_served(std::uint64_t id) noexcept;
  /// Whether a call was told to end so long ago and has not.
  bool is_overdue(std::chrono::nanoseconds grace) const;

  // ---- messages

  /// Bodies are made by `write`; their arrays are lent, and taken back when it or the sending fails.
  struct Outgoing {
    MessageKind kind{};
    std::uint16_t method = 0;
    std::uint32_t number = 0;
    std::uint64_t call = 0;
    bool zero_copy = true, may_copy = true;
    std::atomic<std::uint64_t>* sent = nullptr;  ///< of a call, see ForwardedCall::sent
    const StopControl* stop = nullptr;  ///< ends the wait for room in the ring; null: a message that never waits
  };
  template <class F>
  void send(const Outgoing& out, F&& write) {
    Encoder& encoder = begin(out);
    try {
      write(encoder);
      finish(out, encoder);
    } catch (...) {
      take_back();
      throw;
    }
  }
  /// What became of the arrays of the message that this thread writes, or wrote last.
  static CopyReport& copies_of_message();
  /// One that never waits and refers to nothing.
  void tell(MessageKind kind, std::uint64_t call, std::span<const std::byte> body = {},
            std::uint32_t number = 0) noexcept;
  void tell_credit(std::uint64_t call, std::size_t items, std::size_t bytes) noexcept {
    const Credit credit{items, bytes};
    tell(MessageKind::credit, call, std::as_bytes(std::span(&credit, 1)));
  }

  /// See FarEnd::may_wait().
  bool may_wait(SharedFarEnd& end, CallState& call) noexcept;

  // ---- reading

  /// Looks for messages for so long, or until `enough`; at once when another thread looks. True: it found some.
  template <class Enough>
  bool look(std::chrono::nanoseconds most, Enough enough);
  /// The same by who will look again when there was something: until the first message.
  bool look_again();
  /// After a call is sent for whose answer nobody looks: the peer is to wake a thread.
  void look_for_waking() noexcept;
  /// Whether the peer was last on the core of this thread.
  bool shares_core() const noexcept { return reader_.shares_core(); }
  std::uint64_t received() const noexcept { return received_.load(std::memory_order_relaxed); }
  /// For a thread of the link's own that is to run a handler: another one is left that reads.
  bool may_serve_here() const noexcept { return in_handlers() < serving_.load(); }
  /// Reads what comes until the link is stopped; runs the calls that are to be served. For threads of the link's own.
  void serve_main();
  /// Before a thread is started that will enter serve_main: it counts from now on.
  void expect_thread() noexcept { serving_.fetch_add(1); }
  void forget_thread() noexcept { serving_.fetch_sub(1); }
  /// Returns when all that were expected have left serve_main.
  void stop() noexcept;

  /// The peer is gone: all calls end with that, those that it had not taken with `executed: no`.
  void die(const Status& why) noexcept;
  bool is_dead() const noexcept { return dead_.load(std::memory_order_acquire); }

  void release(std::uint32_t token) noexcept;
  /// While it lives, what this thread lets go of is noted, to go along with the next end of a call that it tells. What
  /// has not gone then goes by itself.
  class Releases {
   public:
    explicit Releases(Link& link) noexcept;
    ~Releases();
    Releases(const Releases&) = delete;
    Releases& operator=(const Releases&) = delete;
    /// At the beginning of a `done`, with these facts.
    void write(Encoder& out, DoneFacts facts);
    /// Those that were written; others may have come since.
    void have_gone() noexcept { gone_ = written_; }

   private:
    friend class Link;
    Link& link_;
    Releases* const below_;
    std::uint8_t count_ = 0, written_ = 0, gone_ = 0;
    std::array<std::uint32_t, 8> tokens_;
  };
  FaultPlan* faults = nullptr;
  /// Called when all threads of the link's own are in handlers, the one that calls it among them.
  std::function<void()> more_threads = [] {};

 private:
  friend class LinkLooking;
  struct Arrays;
  struct Outbox;
  struct Received;
  class Watch;
  static Outbox& outbox();

  Encoder& begin(const Outgoing& out);
  void finish(const Outgoing& out, Encoder& encoder);
  void take_back() noexcept;
  void post(const MessageHead& head, std::span<const std::byte> body, const StopControl* stop,
            std::atomic<std::uint64_t>* sent = nullptr);
  bool try_write(const MessageHead& head, std::span<const std::byte> body, bool& wake,
                 std::atomic<std::uint64_t>* sent = nullptr);
  bool flush_locked(bool& wake);
  void flush();
  void note_told(std::uint64_t id) noexcept;
  /// False: some could not be sent now.
  bool send_all_waiting() noexcept;

  bool begin_look() noexcept;
  void end_look(bool soon_again) noexcept;
  void watch_from_now() noexcept;
  /// For a moment: a thread of the link's own that looks stops to.
  void let_look() noexcept {
    wanted_.store(true, std::memory_order_relaxed);
    spin_pause();
  }
  bool look_until(std::chrono::nanoseconds most, bool (*enough)(void*), void* context);
  void sleep_as_reader(std::chrono::nanoseconds most);
  bool take_role() noexcept { return !role_.exchange(true, std::memory_order_acquire); }
  /// seq_cst: who looks at the ring after that sees what those saw that found the role taken.
  void leave_role() noexcept { role_.store(false); }
  /// Threads of the link's own that run one.
  std::uint32_t in_handlers() const noexcept {
    const std::uint32_t ended = handlers_ended_.load();  // first: it is never more than what has begun
    return handlers_begun_.load() - ended;
  }
  /// Handles one message; false: there is none.
  bool read_one(ServedCall** to_run);
  void receive(const MessageHead& head, std::span<const std::byte> body, ServedCall** to_run);
  void receive_end(std::uint64_t id, Decoder& in);
  void receive_body(const MessageHead& head, Decoder& in, ServedCall** to_run);
  /// By a thread that looks, and is none of the link's own: a call, which those run, stays where it is.
  bool read_unless_call(bool& call) noexcept;
  /// By who has the role, until nothing more comes or another thread has taken it.
  void lead();
  /// False: another thread has the role now.
  bool run_without_role(ServedCall& call);
  void violated(const Status& how) noexcept;
  /// False: it had died of something else before.
  bool mark_dead(const Status& why) noexcept;
  void end_all(const Status& why) noexcept;

  std::uint32_t lend(const void* data, std::size_t bytes, const BlockHandle& keep);
  void take_back(std::uint32_t token);
  Allocation returned(std::uint32_t token, std::uint64_t offset, std::size_t bytes);
  struct Known {
    ForwardedCall* forwarded = nullptr;
    ServedCall* served = nullptr;
  };
  /// With a reference to each; nobody: the call has ended.
  Known find(std::uint64_t id);

  struct Lent {
    BlockHandle keep;
    const std::byte* data = nullptr;
    std::size_t bytes = 0;
  };
  struct Place {
    std::uint32_t generation = 1;
    ForwardedCall* forwarded = nullptr;
    ServedCall* served = nullptr;
    std::int64_t told_at = 0;  // nanoseconds of the steady clock, when it was told to end
  };
  /// For one call at a time, of a caller who has the role when it begins: who has the role alone changes it, so that
  /// it needs no lock.
  struct QuickPlace {
    std::atomic<std::uint32_t> generation{1};
    std::atomic<ForwardedCall*> forwarded{nullptr};
    LentPointer<ServedCall> served;
    std::uint64_t told = 0;  // with calls_mutex_: the last of them that was told to end,
    std::int64_t told_at = 0;
    bool is(std::uint64_t id) const noexcept;
    /// The call that is there, with the table's reference, or null.
    ForwardedCall* withdraw() noexcept;
  };

  const std::uint32_t lender_;
  const LinkMemory memory_;
  const Serve serve_;
  const std::function<void(const Status&)> broken_;
  RingWriter writer_;
  RingReader reader_;
  Decoder decoder_;  // the reader's

  alignas(64) std::atomic<bool> role_{false};
  std::atomic<bool> wanted_{false};               // by one who waits and would rather look himself
  std::atomic<std::uint32_t> handlers_begun_{0};  // by who has the role
  std::atomic<bool> stopping_{false}, dead_{false};
  std::atomic<std::uint32_t> serving_{0};               // threads in serve_main
  std::atomic<bool> watching_{false}, watcher_{false};  // wanted, and a thread that does
  std::atomic<std::uint64_t> received_{0};              // messages
  std::atomic<std::uint32_t> calls_out_{0};             // that the peer has not ended; written with calls_mutex_
  unsigned looks_ = 0;                                  // by who has the role
  QuickPlace quick_;
  alignas(64) std::atomic<std::uint32_t> handlers_ended_{0};
  std::atomic<std::uint32_t> wanted_in_vain_{0};  // a watcher, so many times

  alignas(64) ShortLock send_mutex_;
  std::deque<std::vector<std::byte>> overflow_;
  std::atomic<std::size_t> overflowing_{0};

  alignas(64) mutable ShortLock calls_mutex_;
  std::vector<Place> places_;
  std::vector<std::uint32_t> free_places_;
  Status died_of_;

  struct Waiting {
    CallHandle<CallState> call;  // has the channel, and that has the end
    SharedFarEnd* end = nullptr;
  };
  std::mutex waiting_mutex_;
  std::vector<Waiting> waiting_;

  ShortLock lent_mutex_;
  std::vector<Lent> lent_;
  std::vector<std::uint32_t> free_tokens_;
};

/// While it lives, messages are looked for by this thread, if no other does: the peer wakes nobody for them.
class LinkLooking {
 public:
  explicit LinkLooking(Link& link) noexcept : link_(link), has_role_(link.begin_look()) {}
  ~LinkLooking() {
    if (has_role_) link_.end_look(soon_again_);
  }
  LinkLooking(const LinkLooking&) = delete;
  LinkLooking& operator=(const LinkLooking&) = delete;
  template <class Enough>
  bool look(std::chrono::nanoseconds most, Enough enough) {
    if (!has_role_) {
      link_.let_look();
      return false;
    }
    return link_.look_until(
        most, [](void* f) { return (*static_cast<Enough*>(f))(); }, &enough);
  }

  bool has_role() const noexcept { return has_role_; }
  /// By who has the role: sleeps until there is a message, or for so long, and reads what there is.
  void sleep(std::chrono::nanoseconds most) { link_.sleep_as_reader(most); }
  /// This thread is about to look again, and has no need of being woken meanwhile.
  void will_look_again(bool soon) noexcept { soon_again_ = soon; }

 private:
  Link& link_;
  const bool has_role_;
  bool soon_again_ = false;
};

template <class Enough>
bool Link::look(std::chrono::nanoseconds most, Enough enough) {
  LinkLooking looking(*this);
  return looking.look(most, std::move(enough));
}

}  // namespace lagoon::detail
