// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "lab.hpp"

// Calls of each of the four kinds whose handlers take as many pages of memory as they are told.
namespace lagoon::test {

inline Handlers takers(std::function<void(std::int64_t pages)> take) {
  return {.compute = [take](const Item& q, CallContext&) -> Result<Item> {
            take(q.x);
            return q;
          },
          .down =
              [take](Item q, Writer<Item> out, CallContext&) {
                take(q.x);
                out.write(q);
                return Status();
              },
          .up = [take](Reader<Item> in, CallContext&) -> Result<Item> {
            for (const Item& q : in) take(q.x);
            return Item{};
          },
          .both =
              [take](Reader<Item> in, Writer<Item> out, CallContext&) {
                for (const Item& q : in) {
                  take(q.x);
                  out.write(q);
                }
                return Status();
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

/// kind   0 to 3, as kind_name calls them
inline Status call_of_kind(int kind, const LabCaller& lab, std::int64_t pages) {
  switch (kind) {
    case 0: return lab.start<Compute>({pages, {}}).status();
    case 1: {
      auto down = lab.read<Down>({pages, {}});
      return read_to_the_end(down);
    }
    case 2: {
      auto up = lab.write<Up>();
      (void)up.write({pages, {}});
      return up.try_get().status();
    }
    default: {
      auto both = lab.both<Both>();
      (void)both.write({pages, {}});
      both.close();
      return read_to_the_end(both);
    }
  }
}

inline std::string kind_name(const testing::TestParamInfo<int>& kind) {
  constexpr const char* kNames[] = {"unary", "serverStream", "clientStream", "bidirectional"};
  return kNames[kind.param];
}

}  // namespace lagoon::test
