// SPDX-License-Identifier: Apache-2.0
#include "load.hpp"

#include <dirent.h>
#include <lagoon/engine/parallel.hpp>

#include <fstream>
#include <iostream>

#include "support/heap.hpp"

namespace lagoon::test {
namespace {

/// What an item's x asks of a handler: the lowest digit is the depth of nesting, the next one the kind of trouble.
struct Wish {
  explicit Wish(std::int64_t x) : depth(x % 10), trouble(x / 10 % 10) {}
  std::int64_t depth, trouble;
  std::int64_t deeper() const { return trouble * 10 + depth - 1; }
};

void meet_trouble(const Wish& wish, CallContext& c) {
  switch (wish.trouble) {
    case 1: throw Error(Errc::aborted, "as asked");
    case 2: throw 42;
    case 3: throw std::bad_alloc();
    case 4:
      for (int k = 0; k < 200 && !c.stop_requested(); ++k) burn(200);
      break;
    case 5: (void)filled(30000); break;
    case 6: parallel_for(8, {1}, [](std::ptrdiff_t, std::ptrdiff_t) { burn(300); }); break;
    default: break;
  }
}

int entries(const char* folder) {
  int n = 0;
  DIR* dir = opendir(folder);
  while (dir && readdir(dir)) ++n;
  if (dir) closedir(dir);
  return n;
}

}  // namespace

Footprint Footprint::now() {
  Footprint f;
  long pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  f.resident_kib = resident * 4;
  f.heap_kib = static_cast<long>(heap_bytes() >> 10);
  f.threads = entries("/proc/self/task");
  f.files = entries("/proc/self/fd");
  return f;
}

void expect_no_growth(const Footprint& begin, const Footprint& end, std::int64_t calls, int more_threads) {
  const long grown = end.resident_kib - begin.resident_kib;
  std::cout << "  " << calls << " calls: resident " << begin.resident_kib << " -> " << end.resident_kib
            << " KiB, threads " << begin.threads << " -> " << end.threads << ", files " << begin.files << " -> "
            << end.files << '\n';
  EXPECT_EQ(end.files, begin.files);
  EXPECT_LE(end.threads, begin.threads + more_threads);
  // An allocator keeps what it likes; a leak grows with the calls. One byte a call, and four mebibytes for the
  // allocator.
  if (kSlowness == 1) {
    EXPECT_LE(grown, 4096 + calls / 1024);
  }
}

double rise(const std::vector<Footprint>& marks, long Footprint::*what) {
  // Least squares over k = 0 ... n - 1: the slope is sum (k - middle) y / sum (k - middle)^2.
  const double middle = (static_cast<double>(marks.size()) - 1) / 2;
  double above = 0, below = 0;
  for (std::size_t k = 0; k < marks.size(); ++k) {
    const double from_middle = static_cast<double>(k) - middle;
    above += from_middle * static_cast<double>(marks[k].*what);
    below += from_middle * from_middle;
  }
  return above / below * 2 * middle;
}

LoadedLabs::LoadedLabs(Engine& engine, const IsolateOptions& like) {
  for (std::size_t k = 0; k < kLabs; ++k) {
    IsolateOptions options = like;
    options.name = "lab " + std::to_string(k);
    labs_[k] = std::make_unique<Lab>(engine, std::move(options), handlers(k));
    callers_[k] = std::make_unique<LabCaller>(labs_[k]->local());
  }
}

LoadedLabs::LoadedLabs(Engine& engine, const PoolOptions& like) {
  for (std::size_t k = 0; k < kLabs; ++k) {
    PoolOptions options = like;
    options.name = "pool " + std::to_string(k);
    pools_[k] = std::make_unique<Pool>(engine, std::vector<Service>{serve_lab(handlers(k))}, std::move(options));
    callers_[k] = std::make_unique<LabCaller>(*pools_[k]);
  }
}

Handlers LoadedLabs::handlers(std::size_t k) {
  const auto next = [this, k]() -> const LabCaller& { return *callers_[(k + 1) % kLabs]; };
  Handlers h;
  h.compute = [this, next](const Item& q, CallContext& c) -> Result<Item> {
    const Lives::One life(lives_);
    const Wish wish(q.x);
    meet_trouble(wish, c);
    if (wish.depth <= 0) return q;
    const Item deeper{wish.deeper(), q.data};
    return wish.depth % 2 ? next().try_call<Compute>(deeper) : next().start<Compute>(deeper).try_get();
  };
  h.alone = [this](const Item& q, CallContext& c) {
    const Lives::One life(lives_);
    meet_trouble(Wish(q.x), c);
    return q;
  };
  h.later = [this, next](Item q, CallContext& c) -> Task<Result<Item>> {
    const Lives::One life(lives_);
    const Wish wish(q.x);
    meet_trouble(wish, c);
    if (wish.depth <= 0) co_return q;
    auto reply = next().start<Later>({wish.deeper(), q.data});
    co_return co_await reply;
  };
  h.later_alone = h.later;
  h.down = [this](Item q, Writer<Item> out, CallContext& c) {
    const Lives::One life(lives_);
    for (std::int64_t i = 0; i < 12; ++i) {
      if (i == 8) meet_trouble(Wish(q.x), c);
      if (!out.write({i, filled(50, static_cast<double>(i))})) break;
    }
    return Status();
  };
  h.later_down = [this](Item q, CallContext& c) -> Stream<Item> {
    const Lives::One life(lives_);
    for (std::int64_t i = 0; i < 12; ++i) {
      if (i == 8) meet_trouble(Wish(q.x), c);
      Item item{i, filled(50, static_cast<double>(i))};
      co_yield item;
    }
  };
  h.up = [this](Reader<Item> in, CallContext& c) -> Result<Item> {
    const Lives::One life(lives_);
    Item sum;
    for (const Item& item : in) sum.x += item.x;
    meet_trouble(Wish(sum.x), c);
    return sum;
  };
  h.later_up = [this](Reader<Item> in, CallContext& c) -> Task<Result<Item>> {
    const Lives::One life(lives_);
    Item sum;
    while (auto item = co_await in.next()) sum.x += item->x;
    meet_trouble(Wish(sum.x), c);
    co_return sum;
  };
  return h;
}

namespace {

template <class Body>
void guarded(Ends& ends, Body body) {
  ++ends.started;
  try {
    ends.note(body());
  } catch (const Error& e) {
    ends.note(e.status());
  }
}

template <class R>
Status read_through(R stream, std::minstd_rand& random) {
  const auto stop_at = random() % 40;
  for (std::int64_t i = 0; auto item = stream.read(); ++i) {
    if (item->x != i || (!item->data.empty() && item->data[item->data.size() - 1] != static_cast<double>(i)))
      return Status(Errc::internal, "item " + std::to_string(i) + " is " + std::to_string(item->x));
    if (static_cast<unsigned>(i) == stop_at) stream.cancel();
  }
  return stream.status();
}

template <class U>
Status write_through(U upload, std::minstd_rand& random) {
  const auto stop_at = random() % 60;
  std::int64_t sent = 0;
  for (std::int64_t i = 0; i < 20; ++i) {
    if (!upload.write({i, filled(20)})) break;
    sent += i;
    if (static_cast<unsigned>(i) == stop_at) upload.cancel();
  }
  const auto r = upload.try_get();
  if (r.ok() && r->x != sent)
    return Status(Errc::internal, "sent " + std::to_string(sent) + ", got " + std::to_string(r->x));
  return r.status();
}

template <class B>
Status play(B both, std::minstd_rand& random) {
  const auto stop_at = random() % 60;
  for (std::int64_t i = 0; i < 15; ++i) {
    if (!both.write({i, {}})) break;
    const auto back = both.read();
    if (!back) break;
    if (back->x != i) return Status(Errc::internal, "sent " + std::to_string(i) + ", got " + std::to_string(back->x));
    if (static_cast<unsigned>(i) == stop_at) both.cancel();
  }
  both.close();
  return both.status();
}

}  // namespace

void one_random_call(const LoadedLabs& labs, std::minstd_rand& random, Ends& ends) {
  const LabCaller& lab = labs.at(random());
  CallOptions o;
  o.window_bytes = 200 << random() % 8;
  o.window_items = 1 + random() % 20;
  if (random() % 4 == 0) o.timeout = std::chrono::microseconds(1 + random() % 600);
  if (random() % 8 == 0) o.timeout = std::chrono::hours(1);
  o.zero_copy = random() % 4 != 0;
  // nine of ten calls meet no trouble, depth 0 to 4
  const Item q{static_cast<std::int64_t>(random() % 5 + (random() % 10 ? 0 : random() % 8 * 10)), filled(10)};
  switch (random() % 16) {
    case 0: return guarded(ends, [&] { return lab.try_call<Compute>(q, o).status(); });
    case 1: return guarded(ends, [&] { return lab.start<Compute>(q, o).try_get().status(); });
    case 2: return guarded(ends, [&] { return lab.try_call<Later>(q, o).status(); });
    case 3: return guarded(ends, [&] { return lab.start<Later>(q, o).try_get().status(); });
    case 4: return guarded(ends, [&] { return lab.try_call<Alone>(q, o).status(); });
    case 5: return guarded(ends, [&] { return lab.start<LaterAlone>(q, o).try_get().status(); });
    case 6: return guarded(ends, [&] { return read_through(lab.read<Down>(q, o), random); });
    case 7: return guarded(ends, [&] { return read_through(lab.read<LaterDown>(q, o), random); });
    case 8: return guarded(ends, [&] { return write_through(lab.write<Up>(o), random); });
    case 9: return guarded(ends, [&] { return write_through(lab.write<LaterUp>(o), random); });
    case 10: return guarded(ends, [&] { return play(lab.both<Both>(o), random); });
    case 11: return guarded(ends, [&] { return play(lab.both<LaterBoth>(o), random); });
    case 12:
      return guarded(ends, [&] {
        auto reply = lab.start<Compute>(q, o);
        if (random() % 2) burn(static_cast<int>(random() % 3000));
        reply.cancel();
        return reply.status();
      });
    case 13:
      return guarded(ends, [&] {
        auto a = lab.start<Later>(q, o);
        auto b = lab.start<Alone>(q, o);
        (void)lab.start<Compute>(q, o);  // unheard
        b.cancel();
        return a.try_get().status();
      });
    case 14: {  // dropped in the middle
      auto down = lab.read<LaterDown>(q, o);
      auto up = lab.write<LaterUp>(o);
      auto both = lab.both<LaterBoth>(o);
      return;
    }
    default: return guarded(ends, [&] { return lab.try_call<Quick>(q, o).status(); });
  }
}

void load(const LoadedLabs& labs, int threads, int calls_each, Ends& ends, unsigned seed) {
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&, t] {
      std::minstd_rand random(seed * 1000 + static_cast<unsigned>(t) + 1);
      for (int k = 0; k < calls_each; ++k) one_random_call(labs, random, ends);
    });
  for (auto& t : all) t.join();
}

}  // namespace lagoon::test
