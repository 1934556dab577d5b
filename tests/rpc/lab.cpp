// SPDX-License-Identifier: Apache-2.0
#include "lab.hpp"

namespace lagoon::test {
namespace {

template <class F, class G>
F either(F given, G otherwise) {
  return given ? std::move(given) : F(otherwise);
}

Task<Result<Item>> give_back(Item q, CallContext&) { co_return q; }
Stream<Item> yield_nothing(Item, CallContext&) { co_return; }
Stream<Number> yield_no_number(Number, CallContext&) { co_return; }
Task<Result<Item>> count_later(Reader<Item> in, CallContext&) {
  Item sum;
  while (auto item = co_await in.next()) sum.x += item->x;
  co_return sum;
}
Task<Status> echo_later(Reader<Item> in, Writer<Item> out, CallContext&) {
  while (auto item = co_await in.next()) {
    Item back = *item;
    if (!co_await out.send(back)) break;
  }
  co_return Status();
}

}  // namespace

Service serve_lab(Handlers h) {
  const auto same = [](const Item& q, CallContext&) { return q; };
  return serve<LabContract>(
      on<Compute>(either(std::move(h.compute), same)), on<Alone>(either(std::move(h.alone), same)),
      on<Quick>(either(std::move(h.quick), same)), on<Later>(either(std::move(h.later), give_back)),
      on<LaterAlone>(either(std::move(h.later_alone), give_back)),
      on<Down>(either(std::move(h.down), [](Item, Writer<Item>, CallContext&) { return Status(); })),
      on<LaterDown>(either(std::move(h.later_down), yield_nothing)),
      on<Up>(either(std::move(h.up),
                    [](Reader<Item> in, CallContext&) {
                      Item sum;
                      while (auto item = in.read()) sum.x += item->x;
                      return sum;
                    })),
      on<LaterUp>(either(std::move(h.later_up), count_later)),
      on<Both>(either(std::move(h.both),
                      [](Reader<Item> in, Writer<Item> out, CallContext&) {
                        while (auto item = in.read())
                          if (!out.write(std::move(*item))) break;
                        return Status();
                      })),
      on<LaterBoth>(either(std::move(h.later_both), echo_later)),
      on<Numbers>(either(std::move(h.numbers), [](Number, Writer<Number>, CallContext&) { return Status(); })),
      on<LaterNumbers>(either(std::move(h.later_numbers), yield_no_number)));
}

template <class M>
Result<Item> LabCaller::try_call(Item q, const CallOptions& options) const {
  return caller_.try_call<M>(std::move(q), options);
}
template <class M>
Reply<M> LabCaller::start(Item q, const CallOptions& options) const {
  return caller_.start<M>(std::move(q), options);
}
template <class M>
StreamReply<M> LabCaller::read(Item q, const CallOptions& options) const {
  return caller_.start<M>(std::move(q), options);
}
template <class M>
Upload<M> LabCaller::write(const CallOptions& options) const {
  return caller_.start<M>(options);
}
template <class M>
Duplex<M> LabCaller::both(const CallOptions& options) const {
  return caller_.start<M>(options);
}
StreamReply<Numbers> LabCaller::numbers(std::int64_t n, const CallOptions& options) const {
  return caller_.start<Numbers>({n}, options);
}
StreamReply<LaterNumbers> LabCaller::later_numbers(std::int64_t n, const CallOptions& options) const {
  return caller_.start<LaterNumbers>({n}, options);
}

#define LAGOON_TEST_UNARY(M)                                                    \
  template Result<Item> LabCaller::try_call<M>(Item, const CallOptions&) const; \
  template Reply<M> LabCaller::start<M>(Item, const CallOptions&) const
LAGOON_TEST_UNARY(Compute);
LAGOON_TEST_UNARY(Later);
LAGOON_TEST_UNARY(Alone);
LAGOON_TEST_UNARY(LaterAlone);
LAGOON_TEST_UNARY(Quick);
template StreamReply<Down> LabCaller::read<Down>(Item, const CallOptions&) const;
template StreamReply<LaterDown> LabCaller::read<LaterDown>(Item, const CallOptions&) const;
template Upload<Up> LabCaller::write<Up>(const CallOptions&) const;
template Upload<LaterUp> LabCaller::write<LaterUp>(const CallOptions&) const;
template Duplex<Both> LabCaller::both<Both>(const CallOptions&) const;
template Duplex<LaterBoth> LabCaller::both<LaterBoth>(const CallOptions&) const;

Frozen<double, 1> filled(std::ptrdiff_t n, double value) { return Tensor<double, 1>::filled({n}, value).freeze(); }

}  // namespace lagoon::test
