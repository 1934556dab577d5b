// SPDX-License-Identifier: Apache-2.0
// The tables of a link: calls, lent arrays, and what becomes of both when the peer is gone.
#include "link.hpp"

#include <lagoon/engine/clock.hpp>

#include <algorithm>
#include <thread>

namespace lagoon::detail {
namespace {

constexpr std::size_t kMostCalls = 1 << 20;
constexpr std::uint32_t kQuickPlace = 0xffffffff;  // the number of a place behind all others

std::uint32_t next_lender() noexcept {
  static std::atomic<std::uint32_t> last{0};
  for (;;)
    if (const std::uint32_t next = last.fetch_add(1, std::memory_order_relaxed) + 1) return next;
}

std::uint32_t place_of(std::uint64_t id) noexcept { return static_cast<std::uint32_t>(id); }
std::uint32_t generation_of(std::uint64_t id) noexcept { return static_cast<std::uint32_t>(id >> 32); }

std::span<std::byte> behind_page(const Mapping& ring) noexcept {
  return {ring.data() + kRingPage, ring.size() - kRingPage};
}
RingPage& page_of(const Mapping& ring) noexcept { return *reinterpret_cast<RingPage*>(ring.data()); }

}  // namespace

Link::Link(LinkMemory memory, Serve serve, std::function<void(const Status&)> broken)
    : lender_(next_lender()),
      memory_(std::move(memory)),
      serve_(std::move(serve)),
      broken_(std::move(broken)),
      writer_(page_of(memory_.own_ring), behind_page(memory_.own_ring), page_of(memory_.peers_ring)),
      reader_(page_of(memory_.own_ring), behind_page(memory_.peers_ring), page_of(memory_.peers_ring)) {}

Link::~Link() = default;

// ---- calls

std::uint64_t Link::enlist(ForwardedCall& call) {
  std::lock_guard lock(calls_mutex_);
  if (!died_of_.ok()) throw Error(died_of_.with_executed(Executed::no));
  if (free_places_.empty()) {
    if (places_.size() >= kMostCalls)
      throw Error(Errc::resource_exhausted, "a million calls are under way to one worker");
    free_places_.push_back(static_cast<std::uint32_t>(places_.size()));
    places_.emplace_back();
  }
  const std::uint32_t index = free_places_.back();
  free_places_.pop_back();
  Place& place = places_[index];
  place.forwarded = &call;
  place.told_at = 0;
  calls_out_.store(calls_out_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  return std::uint64_t{place.generation} << 32 | index;
}

bool Link::QuickPlace::is(std::uint64_t id) const noexcept {
  return place_of(id) == kQuickPlace && generation_of(id) == generation.load(std::memory_order_relaxed);
}

ForwardedCall* Link::QuickPlace::withdraw() noexcept {
  ForwardedCall* const call = forwarded.load(std::memory_order_relaxed);
  if (!call) return nullptr;
  generation.store(generation.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  forwarded.store(nullptr, std::memory_order_relaxed);
  return call;
}

std::uint64_t Link::try_enlist_quickly(ForwardedCall& call) noexcept {
  // Dead from here on: who ends all calls waits for the role.
  if (quick_.forwarded.load(std::memory_order_relaxed) || is_dead()) return 0;
  quick_.forwarded.store(&call, std::memory_order_relaxed);
  return std::uint64_t{quick_.generation.load(std::memory_order_relaxed)} << 32 | kQuickPlace;
}

ForwardedCall* Link::withdraw(std::uint64_t id) {
  if (place_of(id) == kQuickPlace) return quick_.is(id) ? quick_.withdraw() : nullptr;
  std::lock_guard lock(calls_mutex_);
  if (place_of(id) >= places_.size()) throw Error(Errc::data_loss, "the end of a call that never was");
  Place& place = places_[place_of(id)];
  if (place.generation != generation_of(id) || !place.forwarded) return nullptr;
  ++place.generation;
  free_places_.push_back(place_of(id));  // has had room for it before
  calls_out_.store(calls_out_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  return std::exchange(place.forwarded, nullptr);
}

void Link::dismiss(std::uint64_t id) noexcept {
  if (id == 0) return;
  if (ForwardedCall* call = withdraw(id)) call->unref();
}

void Link::served(std::uint64_t id, ServedCall& call) {
  constexpr auto kInUse = "a call has the number of another that has not ended";
  if (place_of(id) == kQuickPlace) {
    if (quick_.served.is_shown()) throw Error(Errc::data_loss, kInUse);
    quick_.generation.store(generation_of(id), std::memory_order_relaxed);
    return quick_.served.show(call);
  }
  std::lock_guard lock(calls_mutex_);
  const std::uint32_t index = place_of(id);
  if (index >= kMostCalls) throw Error(Errc::data_loss, "a call has a number that cannot be");
  if (index >= places_.size()) places_.resize(index + 1);
  Place& place = places_[index];
  if (place.served) throw Error(Errc::data_loss, kInUse);
  place.served = &call;
  place.generation = generation_of(id);
}

bool Link::end_served(std::uint64_t id) noexcept {
  if (place_of(id) == kQuickPlace) {
    // Its own handler alone ends it, once, before its caller may use the number again.
    quick_.served.take_away();
    return true;
  }
  std::lock_guard lock(calls_mutex_);
  Place& place = places_[place_of(id)];
  return place.generation == generation_of(id) && std::exchange(place.served, nullptr);
}

Link::Known Link::find(std::uint64_t id) {
  if (place_of(id) == kQuickPlace) {
    Known known;
    if (!quick_.is(id)) return known;
    known.forwarded = quick_.forwarded.load(std::memory_order_relaxed);
    if (known.forwarded) known.forwarded->ref();
    if (serve_)
      quick_.served.use([&](ServedCall& call) {
        call.ref();
        known.served = &call;
      });
    return known;
  }
  std::lock_guard lock(calls_mutex_);
  if (place_of(id) >= places_.size()) {
    if (serve_) return {};  // the caller told it to end before it was sent
    throw Error(Errc::data_loss, "a message for a call that never was");
  }
  const Place& place = places_[place_of(id)];
  if (place.generation != generation_of(id)) return {};
  if (place.forwarded) place.forwarded->ref();
  if (place.served) place.served->ref();
  return {place.forwarded, place.served};
}

void Link::note_told(std::uint64_t id) noexcept {
  const std::int64_t now = std::chrono::steady_clock::now().time_since_epoch().count();
  std::lock_guard lock(calls_mutex_);
  if (quick_.is(id)) {
    quick_.told = id;
    quick_.told_at = now;
  } else if (place_of(id) < places_.size() && places_[place_of(id)].generation == generation_of(id)) {
    places_[place_of(id)].told_at = now;
  }
}

bool Link::is_overdue(std::chrono::nanoseconds grace) const {
  const std::int64_t since = (std::chrono::steady_clock::now().time_since_epoch() - grace).count();
  std::lock_guard lock(calls_mutex_);
  if (quick_.told != 0 && quick_.is(quick_.told) && quick_.told_at < since) return true;
  return std::ranges::any_of(places_, [&](const Place& p) { return p.forwarded && p.told_at && p.told_at < since; });
}

// ---- lent arrays

std::uint32_t Link::lend(const void* data, std::size_t bytes, const BlockHandle& keep) {
  std::lock_guard lock(lent_mutex_);
  if (free_tokens_.empty()) {
    free_tokens_.reserve(lent_.size() + 1);
    free_tokens_.push_back(static_cast<std::uint32_t>(lent_.size()));
    lent_.emplace_back();
  }
  const std::uint32_t token = free_tokens_.back();
  free_tokens_.pop_back();
  lent_[token] = {keep, static_cast<const std::byte*>(data), bytes};
  return token;
}

void Link::take_back(std::uint32_t token) {
  Lent lent;  // its array may be freed with it, outside of the lock
  std::lock_guard lock(lent_mutex_);
  if (token >= lent_.size() || !lent_[token].keep)
    throw Error(Errc::data_loss, "an array was let go of that was not lent");
  std::swap(lent, lent_[token]);
  free_tokens_.push_back(token);
}

Allocation Link::returned(std::uint32_t token, std::uint64_t offset, std::size_t bytes) {
  std::lock_guard lock(lent_mutex_);
  if (token >= lent_.size() || !lent_[token].keep) throw Error(Errc::data_loss, "an array came back that was not lent");
  const Lent& lent = lent_[token];
  const auto begin = static_cast<std::uint64_t>(lent.data - memory_.own->at(0));
  if (offset < begin || offset - begin > lent.bytes || bytes > lent.bytes - (offset - begin))
    throw Error(Errc::data_loss, "more of an array came back than was lent");
  return {lent.keep, memory_.own->at(offset)};
}

// ---- the end

void Link::stop() noexcept {
  stopping_.store(true);
  while (serving_.load() != 0) {
    reader_.wake_sleepers();  // again: one that was about to sleep has not heard it
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

bool Link::mark_dead(const Status& why) noexcept {
  {
    std::lock_guard lock(calls_mutex_);
    if (!died_of_.ok()) return false;
    died_of_ = why;
  }
  dead_.store(true, std::memory_order_release);
  return true;
}

void Link::die(const Status& why) noexcept {
  if (!mark_dead(why)) return;
  while (!take_role()) {  // who has it looks at dead_, when he does not sleep
    reader_.wake_sleepers(1, Sleeper::caller);
    std::this_thread::yield();
  }
  end_all(why);
  leave_role();
}

void Link::violated(const Status& how) noexcept {  // by who has the role
  if (!mark_dead(how)) return;
  end_all(how);
  if (broken_) broken_(how);
}

void Link::end_all(const Status& why) noexcept {
  std::uint32_t taken = 0;
  bool all_taken = false;
  try {
    std::lock_guard lock(send_mutex_);  // who looked before the link was dead has sent his message by now
    taken = writer_.taken();
  } catch (const Error&) {  // it says what cannot be: it may have done anything
    all_taken = true;
  }
  std::vector<std::pair<ForwardedCall*, bool>> forwarded;
  std::vector<ServedCall*> served;
  const auto lost = [&](ForwardedCall* call) {
    const std::uint64_t sent = call->sent().load(std::memory_order_relaxed);
    const bool begun =
        sent != 0 && (all_taken || static_cast<std::int32_t>(taken - static_cast<std::uint32_t>(sent)) >= 0);
    forwarded.emplace_back(call, begun);
  };
  const auto cancelled = [&](ServedCall& call) {
    call.ref();
    served.push_back(&call);
  };
  quick_.served.use(cancelled);
  if (ForwardedCall* call = quick_.withdraw()) lost(call);
  {
    std::lock_guard lock(calls_mutex_);
    for (std::uint32_t index = 0; index < places_.size(); ++index) {
      Place& place = places_[index];
      if (place.served) cancelled(*place.served);
      if (!place.forwarded) continue;
      lost(std::exchange(place.forwarded, nullptr));
      ++place.generation;
      free_places_.push_back(index);
    }
  }
  for (const auto& [call, begun] : forwarded) {
    call->on_lost(why.with_executed(begun ? Executed::maybe : Executed::no));
    call->unref();
  }
  for (ServedCall* call : served) {
    call->cancel();
    call->unref();
  }
  std::vector<Lent> lent;
  {
    std::lock_guard lock(lent_mutex_);
    lent.swap(lent_);
    free_tokens_.clear();
  }
}

}  // namespace lagoon::detail
