// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "lab.hpp"

// Calls of each kind, by functions and by coroutines, whose handlers take as many pages of memory as they are told.
namespace lagoon::test {

inline Handlers takers(std::function<void(std::int64_t pages)> take) {
  return {.compute = [take](const Item& q, CallContext&) -> Result<Item> {
            take(q.x);
            return q;
          },
          .later = [take](Item q, CallContext&) -> Task<Result<Item>> {
            take(q.x);
            co_return q;
          },
          .down =
              [take](Item q, Writer<Item> out, CallContext&) {
                take(q.x);
                out.write(q);
                return Status();
              },
          .later_down = [take](Item q, CallContext&) -> Stream<Item> {
            take(q.x);
            co_yield q;
          },
          .up = [take](Reader<Item> in, CallContext&) -> Result<Item> {
            for (const Item& q : in) take(q.x);
            return Item{};
          },
          .later_up = [take](Reader<Item> in, CallContext&) -> Task<Result<Item>> {
            while (const auto q = co_await in.next()) take(q->x);
            co_return Item{};
          },
          .both =
              [take](Reader<Item> in, Writer<Item> out, CallContext&) {
                for (const Item& q : in) {
                  take(q.x);
                  out.write(q);
                }
                return Status();
              },
          .later_both = [take](Reader<Item> in, Writer<Item> out, CallContext&) -> Task<Status> {
            while (auto q = co_await in.next()) {
              take(q->x);
              co_await out.send(*q);
            }
            co_return Status();
          }};
}

template <class Stream>
Status read_to_the_end(Stream& stream) {
  try {
    while (stream.read()) {
    }
  } catch (const Error&) {  // the status says it
  }
  return stream.status();
}

template <class One, class Reads, class Writes, class Duplexes>
Status call_of_four(int kind, const LabCaller& lab, std::int64_t pages) {
  switch (kind) {
    case 0: return lab.start<One>({pages, {}}).status();
    case 1: {
      auto down = lab.read<Reads>({pages, {}});
      return read_to_the_end(down);
    }
    case 2: {
      auto up = lab.write<Writes>();
      (void)up.write({pages, {}});
      return up.try_get().status();
    }
    default: {
      auto both = lab.both<Duplexes>();
      (void)both.write({pages, {}});
      both.close();
      return read_to_the_end(both);
    }
  }
}

/// kind   0 to 7, as kind_name calls them
inline Status call_of_kind(int kind, const LabCaller& lab, std::int64_t pages) {
  return kind < 4 ? call_of_four<Compute, Down, Up, Both>(kind, lab, pages)
                  : call_of_four<Later, LaterDown, LaterUp, LaterBoth>(kind - 4, lab, pages);
}

}  // namespace lagoon::test
