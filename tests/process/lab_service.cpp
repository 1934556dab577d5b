// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <new>
#include <random>
#include <sstream>
#include <thread>

#include "lab.hpp"

namespace lagoon::test {
namespace {

using Deed = void (*)(const Order&, const CallContext&, Answer&);

void hang(const Order&, const CallContext&, Answer&) {
  for (;;) std::this_thread::yield();
}

/// Till there is no more: what it took, it gives back.
void take_all_memory(const Order&, const CallContext& context, Answer&) {
  std::vector<std::shared_ptr<void>> taken;
  for (const auto memory = context.memory();;) {
    constexpr std::size_t kPiece = 1 << 20;
    taken.emplace_back(memory->allocate(kPiece), [memory](void* piece) { memory->deallocate(piece, kPiece); });
  }
}

void take_all_heap(const Order&, const CallContext&, Answer&) {
  std::vector<std::unique_ptr<char[]>> taken;
  for (;;) {
    taken.push_back(std::make_unique<char[]>(std::size_t{1} << 20));
  }
}

void hold(const Order&, const CallContext& context, Answer&) {
  while (!context.stop_requested()) std::this_thread::yield();
  context.throw_if_stopped();
}

/// As often as the order says, each time with a process: a file less for each that has died of it.
void die_some_times(const Order& order, const CallContext&, Answer&) {
  for (std::int64_t k = 0; k < order.number; ++k)
    if (::unlink((order.path + "." + std::to_string(k)).c_str()) == 0) std::raise(SIGKILL);
}

void make_large(const Order& order, const CallContext&, Answer& answer) {
  auto made = Tensor<double, 1>::zeros({static_cast<std::ptrdiff_t>(order.number)});
  for (std::ptrdiff_t i = 0; i < made.size(); ++i) made[i] = static_cast<double>(i);
  answer.values = std::move(made).freeze();
}

/// Its text is a body that does not fit into the ring.
void say_much(const Order& order, const CallContext&, Answer& answer) {
  answer.text.assign(static_cast<std::size_t>(order.number), 'x');
}

/// From now on a thread writes random words over what this process shares with its caller and may write to.
///   mapping   as /proc/self/maps names it
void scribble(const std::string& mapping, std::size_t from, std::size_t bytes, std::int64_t seed) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.find(mapping) == std::string::npos || line.find(" rw-s ") == std::string::npos) continue;
    std::uintptr_t begin = 0;
    std::istringstream(line) >> std::hex >> begin;
    auto* const words = reinterpret_cast<volatile std::uint32_t*>(begin + from);
    std::thread([=] {
      std::minstd_rand random(static_cast<unsigned>(seed));
      for (;;) {
        for (int k = 0; k < 64; ++k) {
          const std::size_t at = random() % (bytes / sizeof *words);
          words[at] = random() % 2 ? static_cast<std::uint32_t>(random()) : words[at] + 8;
        }
        std::this_thread::yield();
      }
    }).detach();
  }
}

const std::map<std::string, Deed, std::less<>>& deeds() {
  static const std::map<std::string, Deed, std::less<>> all = {
      {"", [](const Order&, const CallContext&, Answer&) {}},
      {"abort", [](const Order&, const CallContext&, Answer&) { std::abort(); }},
      {"segfault",
       [](const Order&, const CallContext&, Answer&) {
         std::signal(SIGSEGV, SIG_DFL);  // a sanitizer has a handler of its own
         std::raise(SIGSEGV);
       }},
      {"kill", [](const Order&, const CallContext&, Answer&) { std::raise(SIGKILL); }},
      {"exit", [](const Order&, const CallContext&, Answer&) { std::_Exit(3); }},
      {"stop", [](const Order&, const CallContext&, Answer&) { std::raise(SIGSTOP); }},
      {"hang", hang},
      {"throw", [](const Order&, const CallContext&, Answer&) { throw std::runtime_error("as ordered"); }},
      {"memory", take_all_memory},
      {"heap", take_all_heap},
      {"hold", hold},
      {"sleep", [](const Order& order, const CallContext&,
                   Answer&) { std::this_thread::sleep_for(std::chrono::milliseconds(order.number)); }},
      {"print",
       [](const Order&, const CallContext&, Answer&) {
         std::puts("printed by a worker");
         std::fflush(stdout);
       }},
      {"die", die_some_times},
      {"large", make_large},
      {"page",
       [](const Order& order, const CallContext&, Answer&) { scribble("lagoon-answers", 0, 4096, order.number); }},
      {"ring", [](const Order& order, const CallContext&,
                  Answer&) { scribble("lagoon-answers", 4096, std::size_t{1} << 20, order.number); }},
      {"arrays", [](const Order& order, const CallContext&,
                    Answer&) { scribble("lagoon-worker", 0, std::size_t{1} << 20, order.number); }},
      {"much", say_much},
      {"deadline",
       [](const Order&, const CallContext& context, Answer& answer) {
         answer.number = context.deadline() == kNever
                             ? -1
                             : std::chrono::nanoseconds(context.deadline() - std::chrono::steady_clock::now()).count();
       }},
  };
  return all;
}

double sum_of(View<const double, 1> values) {
  double sum = 0;
  for (std::ptrdiff_t i = 0; i < values.size(); ++i) sum += values[i];
  return sum;
}

void note_begun(const Order& order) {
  if (order.path.empty()) return;
  const int file = ::open(order.path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ::write(file, "x", 1) != 1) std::abort();
  ::close(file);
}

Answer obey(const Order& order, const CallContext& context) {
  note_begun(order);
  const auto deed = deeds().find(order.deed);
  if (deed == deeds().end()) throw Error(Errc::invalid_argument, "no such deed: " + order.deed);
  Answer answer{order.values, sum_of(order.values), order.number, ::getpid(), {}};
  deed->second(order, context, answer);
  return answer;
}

Stream<Tick> mirror_in_turns(Reader<Tick> in, CallContext&) {
  while (auto tick = co_await in.next()) {
    Tick same = *tick;
    co_yield same;
  }
}

}  // namespace

Service process_lab() {
  return serve<ProcessLab>(on<Do>([](const Order& order, CallContext& context) { return obey(order, context); }),
                           on<Ask>([](const Order& order, CallContext& context) { return obey(order, context); }),
                           on<Read>([](const Order& order, Writer<Answer> out, CallContext& context) {
                             for (std::int64_t k = 0; k + 1 < order.number; ++k)
                               if (!out.write({order.values, 0, k, ::getpid(), {}})) return;
                             out.write(obey(order, context));
                           }),
                           on<Write>([](Reader<Order> in, CallContext& context) {
                             Answer last;
                             double sum = 0;
                             std::int64_t items = 0;
                             while (auto order = in.read()) {
                               last = obey(*order, context);
                               sum += last.sum;
                               ++items;
                             }
                             last.sum = sum;
                             last.number = items;
                             return last;
                           }),
                           on<Talk>([](Reader<Order> in, Writer<Answer> out, CallContext& context) {
                             while (auto order = in.read())
                               if (!out.write(obey(*order, context))) return;
                           }),
                           on<Carry>([](Parcel&& parcel) {
                             // Deadly, by its first number.
                             if (parcel.values.size() > 0 && parcel.values[0] < 0) std::raise(SIGKILL);
                             parcel.sum = sum_of(parcel.values);
                             for (std::ptrdiff_t i = 0; i < parcel.values.size(); ++i) parcel.values[i] += 1;
                             return std::move(parcel);
                           }),
                           on<CarryAll>([](Reader<Parcel> in, Writer<Parcel> out) {
                             while (auto parcel = in.read()) {
                               parcel->sum = sum_of(parcel->values);
                               for (std::ptrdiff_t i = 0; i < parcel->values.size(); ++i) parcel->values[i] += 1;
                               if (!out.write(std::move(*parcel))) return;
                             }
                           }),
                           on<Count>([](const Order& order, Writer<Tick> out, CallContext& context) {
                             for (std::int64_t k = 0; k < order.number; ++k)
                               if (!out.write({k})) return;
                             obey(order, context);
                           }),
                           on<Mirror>([](Reader<Tick> in, Writer<Tick> out) {
                             while (auto tick = in.read())
                               if (!out.write(*tick)) return;
                           }),
                           on<MirrorInTurns>(mirror_in_turns));
}

}  // namespace lagoon::test
