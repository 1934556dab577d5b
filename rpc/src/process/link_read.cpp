// SPDX-License-Identifier: Apache-2.0
// Who reads a link, and what becomes of what is read.
#include <lagoon/engine/clock.hpp>
#include <lagoon/engine/faults.hpp>
#include <lagoon/engine/fence.hpp>
#include <lagoon/engine/ticks.hpp>

#include <cstring>
#include <optional>

#include "borrowed_block.hpp"
#include "link.hpp"

namespace lagoon::detail {
namespace {

constexpr auto kPoll = std::chrono::microseconds(50);         // then it sleeps: one wake-up costs 5 to 35
constexpr auto kLookBriefly = std::chrono::microseconds(20);  // by who looks again
constexpr std::int64_t kTick = 1'000'000;                     // between looks of a watcher, in nanoseconds
constexpr std::int64_t kSecondLook = 200'000;  // at what it has found: most likely another thread is about to
constexpr unsigned kIdleTicks = 20;            // without a message, then nobody watches
constexpr unsigned kCallsPerWakeUp = 16;       // of one who is to watch, and may have to wait for a core
constexpr unsigned kHotLooks = 8;              // of callers, then somebody watches

/// How long a thread has polled in vain. A message that comes soon is there before the first look at the clock, and
/// before the first pause, which is 140 cycles on some processors.
class IdleTime {
 public:
  /// After each look; takes a breath. Long enough at once where the peer waits for this core: what it is to bring will
  /// not come while this thread polls.
  bool longer_than(std::chrono::nanoseconds most, const RingReader& reader) noexcept {
    if (++rounds_ <= kWithoutPause) return false;
    spin_pause();
    if (rounds_ % 16 != 0) return false;
    if (reader.shares_core()) return true;
    const std::uint64_t now = ticks_now();
    if (since_ == 0) since_ = now;
    return duration_of(now - since_) > most;
  }

 private:
  static constexpr unsigned kWithoutPause = 64;
  unsigned rounds_ = 0;
  std::uint64_t since_ = 0;  // ticks
};

}  // namespace

Status broken_rules(const Status& how) {
  if (how.code() != Errc::data_loss) return how;
  return Status(Errc::unavailable, "the peer broke the rules: " + how.message());
}

/// Finds the arrays of a message that came over the link.
struct Link::Received final : ArrayReceiver {
  explicit Received(Link& from) noexcept : link(from) {}
  Link& link;

  Allocation borrow(const Placed& place, std::size_t bytes, bool unique) override {
    if (place.region == 1) return link.returned(place.token, place.offset, bytes);
    const Mapping& peers = link.memory_.peers;
    if (place.region != 0 || !peers || place.offset > peers.size() || bytes > peers.size() - place.offset)
      throw Error(Errc::data_loss, "an array lies outside of the memory that the peer lends");
    const Mapping& writable = link.memory_.peers_writable;
    if (unique && !writable) {
      Allocation own = allocate_elements(bytes, current_memory());
      std::memcpy(own.data, peers.data() + place.offset, bytes);
      link.release(place.token);
      return own;
    }
    std::byte* const base = unique ? writable.data() : peers.data();
    return {BlockHandle(new BorrowedBlock(link.shared_from_this(), place.token, base, bytes)), base + place.offset};
  }
};

void Link::receive(const MessageHead& head, std::span<const std::byte> body, ServedCall** to_run) {
  if (static_cast<std::uint8_t>(head.kind) == 0 || static_cast<std::uint8_t>(head.kind) > kLastKind || head.large > 1)
    throw Error(Errc::data_loss, "a message of no kind that there is");
  Received arrays(*this);
  if (!head.large) {
    decoder_.begin(body, arrays);
    return receive_body(head, decoder_, to_run);
  }
  LargeBody large;
  if (body.size() != sizeof large) throw Error(Errc::data_loss, "a large message of the wrong size");
  std::memcpy(&large, body.data(), sizeof large);
  const Allocation memory = arrays.borrow({Placed::lent, 0, large.token, large.offset}, large.bytes, false);
  decoder_.begin({static_cast<const std::byte*>(memory.data), large.bytes}, arrays);
  receive_body(head, decoder_, to_run);
}

void Link::receive_body(const MessageHead& head, Decoder& in, ServedCall** to_run) {
  if (head.kind == MessageKind::release) return take_back(head.number);
  if (head.kind == MessageKind::call) {
    if (!to_run) throw Error(Errc::data_loss, "a worker called its caller");
    ServedCall* const call = serve_(head.method, head.call, in);
    served(head.call, *call);
    *to_run = call;
    return;
  }
  if (!serve_ && (head.kind == MessageKind::end_of_items || head.kind == MessageKind::cancel))
    throw Error(Errc::data_loss, "a worker said what only its caller may say");
  if (head.kind == MessageKind::done) return receive_end(head.call, in);
  const Known known = find(head.call);  // nobody: it has ended meanwhile
  const auto let_go = [](auto* call) {
    if (call) call->unref();
  };
  const std::unique_ptr<ForwardedCall, decltype(let_go)> forwarded(known.forwarded, let_go);
  const std::unique_ptr<ServedCall, decltype(let_go)> served(known.served, let_go);
  switch (head.kind) {
    case MessageKind::items:
      if (forwarded) forwarded->on_items(in, head.number);
      if (served) served->on_items(in, head.number);
      break;
    case MessageKind::end_of_items:
      if (served) served->on_items_ended();
      break;
    case MessageKind::cancel:
      if (served) served->cancel();
      break;
    case MessageKind::credit: {
      Credit credit;
      in.raw(&credit, sizeof credit);
      if (forwarded) forwarded->on_credit(credit.items, credit.bytes);
      if (served && !served->on_credit(credit.items, credit.bytes)) in.fail("credit for more than was sent");
      break;
    }
    case MessageKind::reader_gone:
      if (forwarded) forwarded->on_reader_gone();
      if (served) served->on_reader_gone();
      break;
    case MessageKind::asleep:
    case MessageKind::awake:
      if (forwarded) forwarded->on_sleeps(head.kind == MessageKind::asleep);
      break;
    default: break;
  }
}

void Link::receive_end(std::uint64_t id, Decoder& in) {
  // First, and for a caller who has left as well.
  DoneFacts facts;
  in.raw(&facts, sizeof facts);
  for (; facts.released > 0; --facts.released) {
    std::uint32_t token = 0;
    in.raw(&token, sizeof token);
    take_back(token);
  }
  ForwardedCall* const call = withdraw(id);
  if (!call) return;
  const auto let_go = [](ForwardedCall* c) { c->is_read_by_its_caller() ? c->unref_alone() : c->unref(); };
  const std::unique_ptr<ForwardedCall, decltype(let_go)> known(call, let_go);
  try {
    call->on_done(in, facts);
  } catch (const Error& e) {
    call->on_lost(broken_rules(e.status()).with_executed(Executed::maybe));
    throw;
  }
}

bool Link::read_one(ServedCall** to_run) {
  if (is_dead()) return false;
  try {
    const std::span<const std::byte> message = reader_.try_next();
    if (message.empty()) return false;
    MessageHead head;
    if (message.size() < sizeof head) throw Error(Errc::data_loss, "a message without a head");
    std::memcpy(&head, message.data(), sizeof head);
    fault_point(faults, "process.before_take");
    receive(head, message.subspan(sizeof head), to_run);
    fault_point(faults, "process.within_take");
    reader_.take();
    received_.store(received_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);  // by one at a time
    fault_point(faults, "process.after_take");
    // Not before: of what has not been taken the caller believes that it has not begun.
    if (to_run && *to_run) (*to_run)->start();
    return true;
  } catch (...) {
    violated(broken_rules(status_of_current_exception()));
    return false;
  }
}

bool Link::begin_look() noexcept {
  if (is_dead() || !take_role()) return false;
  reader_.set_listening(Listening::polling);
  return true;
}

bool Link::read_unless_call(bool& call) noexcept {
  if (serve_ && !is_dead()) try {
      const std::span<const std::byte> message = reader_.try_next();
      if (message.empty()) return false;
      call = message.front() == static_cast<std::byte>(MessageKind::call);
      if (call) return false;
    } catch (const Error&) {  // which reading it will tell
    }
  return read_one(nullptr);
}

bool Link::look_until(std::chrono::nanoseconds most, bool (*enough)(void*), void* context) {
  bool found = false, call = false;
  for (IdleTime idle;;) {
    const bool read = read_unless_call(call);
    found |= read;
    if (call || enough(context) || is_dead()) break;
    if (!read && idle.longer_than(most, reader_)) break;
  }
  return found;
}

void Link::end_look(bool soon_again) noexcept {
  for (;;) {
    bool call = false;
    while (!call && !is_dead() && !reader_.empty()) read_unless_call(call);
    const RingPosition read = reader_.read();
    const bool hot = ++looks_ >= kHotLooks, quick = quick_.forwarded.load(std::memory_order_relaxed);
    if (hot) looks_ = 0;
    leave_role();
    if (call) {
      reader_.rest(read);
      reader_.wake_sleepers(1, Sleeper::thread);
      break;
    }
    // seq_cst, as leave_role(): a call that is sent now sees that nobody has the role, or is seen here; a watcher that
    // gives up finds the role free, or is seen to have gone.
    if (watcher_.load() && (soon_again || (!serve_ && calls_out_.load() == 0 && !quick))) break;
    // Who was woken for a message that came meanwhile may have found the role taken, and sleeps again.
    const bool nothing = reader_.rest(read);
    if (hot) watch_from_now();
    if (nothing || is_dead() || !take_role()) break;
    reader_.expect();
  }
  if (overflowing_.load(std::memory_order_relaxed)) flush();
}

void Link::sleep_as_reader(std::chrono::nanoseconds most) {
  if (reader_.set_listening(Listening::asleep_in_call)) reader_.sleep(most.count(), Sleeper::caller);
  reader_.set_listening(Listening::polling);
  bool call = false;
  while (!is_dead() && read_unless_call(call)) {
  }
}

bool Link::look_again() {
  LinkLooking looking(*this);
  const std::uint64_t before = received();
  const bool found = looking.look(kLookBriefly, [&] { return received() != before; });
  looking.will_look_again(found);
  return found;
}

void Link::watch_from_now() noexcept {
  if (watcher_.load(std::memory_order_relaxed)) return;
  // More than once, since one that was about to sleep has not heard it.
  const bool wanted_before = watching_.exchange(true);
  if (wanted_before && wanted_in_vain_.fetch_add(1, std::memory_order_relaxed) % kCallsPerWakeUp != 0) return;
  reader_.wake_sleepers(1, Sleeper::thread);
}

void Link::look_for_waking() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with leave_role() in end_look()
  if (role_.load() || !reader_.is_polling() || is_dead() || !take_role()) return;
  end_look(false);
}

/// A thread of the link's own that looks up now and then, so that the peer need not wake anybody: while handlers run on
/// the thread that had the role, and while callers look for their answers themselves.
class Link::Watch {
 public:
  explicit Watch(Link& link) noexcept : link_(link) {}
  bool on() const noexcept { return on_; }
  /// If that is wanted, and no other thread does.
  void begin() noexcept {
    if (on_ || !link_.watching_.load(std::memory_order_relaxed) || link_.watcher_.exchange(true)) return;
    on_ = true;
    idle_ticks_ = 0;
  }
  void end() noexcept {
    if (!std::exchange(on_, false)) return;
    link_.watcher_.store(false);
    if (link_.send_all_waiting()) return;
    link_.watching_.store(true);
    link_.reader_.wake_sleepers(1, Sleeper::thread);  // for this thread may have something else to do
  }
  /// Something has not been taken. Who looks now would be in the way of a thread that is about to, and while messages
  /// are read one after the other there is always something: nanoseconds until it looks again, or 0.
  std::int64_t waits_for_others(std::uint32_t taken) noexcept {
    if (!on_ || !link_.reader_.is_polling()) return 0;  // this thread may have been woken for it
    if (std::exchange(found_at_, std::optional(taken)) == taken) return 0;
    return others_read_ ? kTick : kSecondLook;
  }
  /// After each tick.
  void count() noexcept {
    if (!on_) return;
    link_.send_all_waiting();
    const std::uint64_t now = link_.received();
    others_read_ = now != seen_;
    idle_ticks_ = !others_read_ && link_.in_handlers() == 0 ? idle_ticks_ + 1 : 0;
    seen_ = now;
    if (idle_ticks_ <= kIdleTicks) return;
    link_.watching_.store(false, std::memory_order_relaxed);
    end();
    heavy_fence();  // pairs with light_fence in run_without_role: who relied on the watch is seen, or has seen its end
    if (link_.in_handlers() != 0) return link_.watching_.store(true);
    link_.look_for_waking();
  }

 private:
  Link& link_;
  bool on_ = false, others_read_ = false;
  unsigned idle_ticks_ = 0;
  std::uint64_t seen_ = 0;
  std::optional<std::uint32_t> found_at_;
};

void Link::serve_main() {
  Watch watch(*this);
  while (!stopping_.load(std::memory_order_acquire)) {
    const std::uint32_t tail = reader_.peers_tail();
    std::int64_t most = -1;
    if (reader_.behind(tail) && !is_dead()) {
      if (const std::int64_t wait = watch.waits_for_others(reader_.taken()); wait > 0) {
        most = wait;
      } else if (take_role()) {
        watch.end();
        lead();
        continue;
      } else {
        most = kTick;  // who has the role may be about to leave it, and not know what this thread was woken for
      }
    }
    watch.begin();
    const bool overflow = overflowing_.load(std::memory_order_relaxed) != 0;
    if (most < 0 && (watch.on() || overflow)) most = kTick;
    if (stopping_.load(std::memory_order_acquire)) break;
    reader_.sleep_while(tail, most);
    if (overflow && !is_dead()) flush();
    watch.count();
  }
  watch.end();
  serving_.fetch_sub(1);
}

void Link::lead() {
  reader_.set_listening(Listening::polling);
  for (IdleTime idle;;) {
    ServedCall* to_run = nullptr;
    if (read_one(serve_ ? &to_run : nullptr)) {
      if (overflowing_.load(std::memory_order_relaxed)) flush();
      if (to_run && !run_without_role(*to_run)) return;
      idle = {};
      continue;
    }
    const bool end = stopping_.load(std::memory_order_acquire) || is_dead();
    // A caller or a handler that waits looks himself.
    const bool others = wanted_.load(std::memory_order_relaxed) && wanted_.exchange(false);
    if (!idle.longer_than(kPoll, reader_) && !end && !others) continue;
    if (reader_.set_listening(Listening::asleep) || is_dead()) break;
    reader_.set_listening(Listening::polling);
    idle = {};
  }
  leave_role();
}

bool Link::run_without_role(ServedCall& call) {
  // Somebody has to be left who reads.
  handlers_begun_.store(handlers_begun_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (in_handlers() + 1 > serving_.load()) more_threads();
  light_fence();  // pairs with heavy_fence in Watch::count
  if (watcher_.load(std::memory_order_relaxed)) {
    // It goes on to say that it polls: that word would have to travel there and back for each call.
    role_.store(false, std::memory_order_release);
  } else {
    const bool nothing_left = reader_.set_listening(Listening::busy_alone);
    leave_role();
    if (!nothing_left) reader_.wake_sleepers(1, Sleeper::thread);
  }
  call.run();
  call.unref();
  handlers_ended_.fetch_add(1, std::memory_order_relaxed);
  // After the answer: the first call after a rest need not wait for this.
  watch_from_now();
  if (!take_role()) return false;
  reader_.set_listening(Listening::polling);
  return true;
}

}  // namespace lagoon::detail
