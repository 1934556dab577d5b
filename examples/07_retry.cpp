// SPDX-License-Identifier: Apache-2.0
// Calls that fail for a reason that may pass are made again, within one deadline; calls that take long are made twice,
// and the sooner answer counts. What is repeated is what surely did not run, and what the contract calls idempotent.
#include <lagoon/rpc.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

using namespace std::chrono_literals;

struct Day {
  std::int64_t number = 0;
  LAGOON_FIELDS(Day, number)
};
struct Temperature {
  double celsius = 0;
  LAGOON_FIELDS(Temperature, celsius)
};
using Forecast = lagoon::Unary<"forecast", Day, Temperature, lagoon::Idempotent>;
using Correct = lagoon::Unary<"correct", Temperature, Temperature>;  // twice would not be the same as once
using Weather = lagoon::Contract<"example.Weather", Forecast, Correct>;

int main() {
  std::atomic<int> forecasts{0}, corrections{0};
  const auto forecast = [&](const Day& day, lagoon::CallContext& context) -> lagoon::Result<Temperature> {
    const int count = ++forecasts;
    if (count <= 2) return lagoon::Status(lagoon::Errc::unavailable, "the station does not answer");
    // One of them is slow for a reason of its own: nothing but another attempt helps.
    while (count == 4 && !context.stop_requested()) std::this_thread::sleep_for(100us);
    return Temperature{20.0 + static_cast<double>(day.number)};
  };
  const auto correct = [&](const Temperature&) -> lagoon::Result<Temperature> {
    ++corrections;
    return lagoon::Status(lagoon::Errc::unavailable, "the archive went away in the middle");
  };

  lagoon::Engine engine;
  lagoon::Pool pool(engine, {lagoon::serve<Weather>(lagoon::on<Forecast>(forecast), lagoon::on<Correct>(correct))},
                    {.name = "weather", .workers = 2});
  const lagoon::Caller<Weather> caller(pool);

  lagoon::RetryThrottle throttle;  // one for all callers of the pool: a service that is down is not asked for ever
  const auto tell = [](unsigned attempt, const lagoon::Status& failed, std::chrono::nanoseconds pause) {
    std::printf("attempt %u: %s; again in %.1f ms\n", attempt, failed.message().c_str(),
                static_cast<double>(pause.count()) / 1e6);
  };
  const auto patient = lagoon::retrying(caller, {.first = 2ms, .throttle = &throttle, .on_retry = tell});
  const Temperature today = patient.call<Forecast>({1}, {.timeout = 5s});
  std::printf("today %.0f C after %d attempts\n", today.celsius, forecasts.load());

  const auto hasty = lagoon::hedged(caller, {.after = 5ms});
  const Temperature tomorrow = hasty.call<Forecast>({2}, {.timeout = 5s});
  std::printf("tomorrow %.0f C, asked twice\n", tomorrow.celsius);

  const auto corrected = patient.try_call<Correct>({21.5});
  std::printf("correct: %s\n", corrected.status().to_string().c_str());

  const bool as_told = forecasts == 5 && corrections == 1 && today.celsius == 21 && tomorrow.celsius == 22;
  return as_told && corrected.status().executed() == lagoon::Executed::yes ? 0 : 1;
}
