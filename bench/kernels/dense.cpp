// SPDX-License-Identifier: Apache-2.0
#include "kernels/dense.hpp"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "kernels/handover.hpp"
#include "rivals/python_peer.hpp"

namespace lagoon::bench {
namespace {

Tensor<double, 2> normal_matrix(std::ptrdiff_t n, bool symmetric, unsigned seed) {
  Tensor<double, 2> a({n, n});
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  for (std::ptrdiff_t i = 0; i < n; ++i)
    for (std::ptrdiff_t j = 0; j < n; ++j) a(i, j) = symmetric && j < i ? a(j, i) : normal(random);
  return a;
}

}  // namespace

class DenseData::Peer {
 public:
  Peer(const DenseData& data, unsigned threads) : threads_(threads), python_(threads) {
    const std::ptrdiff_t n = data.n();
    const Handover file(data.a().data(), n * n);
    file.add(data.b().data(), n * n);
    python_.ask(fmt::format("load {} {} {}", file.path(), 2 * n, n));
  }
  rivals::Candidate candidate(const std::shared_ptr<Peer>& self, const std::string& task) {
    rivals::Candidate c;
    c.name = python_.ask("choose " + task).at("name").get<std::string>();
    c.seconds = [self] {
      const auto answer = self->python_.ask("time 1");
      self->result_ = answer.at("result").get<std::vector<double>>();
      return answer.at("seconds").get<double>();
    };
    c.result = [self] { return self->result_; };
    if (threads_ > 1) c.rest = [] { std::this_thread::sleep_for(rivals::kUntilAsleep); };
    return c;
  }

 private:
  const unsigned threads_;
  PythonPeer python_;
  std::vector<double> result_;
};

DenseData::DenseData(std::ptrdiff_t n, unsigned threads)
    : n_(n), threads_(threads), a_(normal_matrix(n, false, 1)), b_(normal_matrix(n, true, 2)) {}
DenseData::~DenseData() = default;

std::vector<rivals::Candidate> DenseData::python(const std::string& task, std::string& missing) {
  try {
    if (!peer_) peer_ = std::make_shared<Peer>(*this, threads_);
    return {peer_->candidate(peer_, task)};
  } catch (const std::exception& e) {
    missing = e.what();
    return {};
  }
}

}  // namespace lagoon::bench
