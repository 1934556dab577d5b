// SPDX-License-Identifier: Apache-2.0
// From a draft to a plan: which nodes run as one task, and where their values go.
#include "graph_segments.hpp"

#include <lagoon/engine/ticks.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

namespace lagoon::detail {
namespace {

std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

// Node k joins the segment of its inputs when all of them are in it, its last node among them, and all others that
// read from the segment wait for k as well: then no other task could have started earlier.
std::vector<std::vector<std::uint32_t>> segments_of(std::span<const NodeSpec> nodes) {
  std::vector<std::set<std::uint32_t>> inputs(nodes.size()), readers(nodes.size());
  std::vector<std::vector<bool>> comes_after(nodes.size(), std::vector<bool>(nodes.size()));
  for (std::uint32_t k = 1; k < nodes.size(); ++k) {
    for (std::uint32_t input : nodes[k].inputs) {
      if (input == 0) continue;
      inputs[k].insert(input);
      readers[input].insert(k);
      comes_after[k][input] = true;
      for (std::uint32_t i = 1; i < input; ++i)
        if (comes_after[input][i]) comes_after[k][i] = true;
    }
  }

  std::vector<std::vector<std::uint32_t>> segments;
  std::vector<std::uint32_t> segment_of(nodes.size(), 0);
  const auto joins = [&](std::uint32_t k, std::uint32_t segment) {
    const auto& chain = segments[segment];
    const auto inside = [&](std::uint32_t i) { return i < k && segment_of[i] == segment; };
    const auto waits = [&](std::uint32_t reader) { return reader == k || inside(reader) || comes_after[reader][k]; };
    return chain.back() == *inputs[k].rbegin() && std::all_of(inputs[k].begin(), inputs[k].end(), inside) &&
           std::all_of(chain.begin(), chain.end(),
                       [&](std::uint32_t i) { return std::all_of(readers[i].begin(), readers[i].end(), waits); });
  };
  for (std::uint32_t k = 1; k < nodes.size(); ++k) {
    if (!inputs[k].empty() && joins(k, segment_of[*inputs[k].rbegin()])) {
      segment_of[k] = segment_of[*inputs[k].rbegin()];
    } else {
      segment_of[k] = static_cast<std::uint32_t>(segments.size());
      segments.emplace_back();
    }
    segments[segment_of[k]].push_back(k);
  }
  return segments;
}

GraphPlan::GraphPlan(std::vector<NodeSpec> nodes, std::uint32_t output) : nodes_(std::move(nodes)), output_(output) {
  const auto chains = segments_of(nodes_);
  std::vector<std::uint32_t> segment_of(nodes_.size(), 0);
  for (std::uint32_t s = 0; s < chains.size(); ++s)
    for (std::uint32_t k : chains[s]) segment_of[k] = s;

  std::vector<std::set<std::uint32_t>> followers(chains.size());
  segments_.resize(chains.size());
  bytes_ = numbers_at() + 2 * chains.size() * sizeof(std::atomic<std::uint32_t>);
  for (std::uint32_t s = 0; s < chains.size(); ++s) {
    segments_[s].first_step = static_cast<std::uint32_t>(steps_.size());
    segments_[s].steps = static_cast<std::uint32_t>(chains[s].size());
    bytes_ = round_up(bytes_, 64);  // tasks that run side by side do not write to one cache line
    std::set<std::uint32_t> waits_for;
    for (std::uint32_t k : chains[s]) {
      const NodeSpec& node = nodes_[k];
      alignment_ = std::max(alignment_, node.alignment);
      bytes_ = round_up(bytes_, node.alignment);
      steps_.push_back({node.run, node.function.get(), node.inputs.data(), k, bytes_});
      bytes_ += node.size;
      for (std::uint32_t input : node.inputs)
        if (input != 0 && segment_of[input] != s) waits_for.insert(segment_of[input]);
    }
    segments_[s].predecessors = static_cast<std::uint32_t>(waits_for.size());
    for (std::uint32_t p : waits_for) followers[p].insert(s);
  }
  for (std::uint32_t s = 0; s < chains.size(); ++s) {
    segments_[s].first_successor = static_cast<std::uint32_t>(successors_.size());
    segments_[s].successors = static_cast<std::uint32_t>(followers[s].size());
    successors_.insert(successors_.end(), followers[s].begin(), followers[s].end());
  }
  for (std::uint32_t k = static_cast<std::uint32_t>(nodes_.size()); k-- > 1;)
    if (nodes_[k].destroy) to_destroy_.push_back(k);
  ticks_ = std::vector<std::atomic<std::uint32_t>>(chains.size());
}

void GraphPlan::segment_took(std::uint32_t segment, std::uint64_t ticks) const noexcept {
  const auto now =
      static_cast<std::int64_t>(std::clamp<std::uint64_t>(ticks, 1, std::numeric_limits<std::uint32_t>::max()));
  const std::int64_t before = ticks_of(segment);
  const std::int64_t next = before == 0 ? now : before + (now - before) / 4;
  ticks_[segment].store(static_cast<std::uint32_t>(next), std::memory_order_relaxed);
}

// A sleeping worker costs 7-11 us to wake, a busy one about 1 us to hand a task to.
constexpr std::uint64_t kLightNs = 3'000;
// After a call that was not light though it seemed so (requests of mixed size) no guess is made for about 2,000 calls.
constexpr std::uint64_t kSurpriseNs = 20'000;
constexpr std::uint32_t kDistrust = 256;

void GraphPlan::call_was_measured() const noexcept {
  if (const std::uint32_t wait = light_in_.load(std::memory_order_relaxed); wait > 0)
    return light_in_.store(wait - 1, std::memory_order_relaxed);
  std::uint64_t sum = 0;
  for (const auto& ticks : ticks_) sum += ticks.load(std::memory_order_relaxed);
  light_.store(ticks_to_ns(sum) < kLightNs, std::memory_order_relaxed);
}

void GraphPlan::call_alone_took(std::uint64_t ticks) const noexcept {
  if (ticks_to_ns(ticks) < kSurpriseNs) return;
  light_.store(false, std::memory_order_relaxed);
  light_in_.store(kDistrust, std::memory_order_relaxed);
}

GraphDraft::GraphDraft() : nodes_(1) {}
GraphDraft::~GraphDraft() = default;

std::uint32_t GraphDraft::add(NodeSpec node) {
  if (plan_) throw Error(Errc::failed_precondition, "add " + node.name + ": the graph has its output already");
  if (node.name.empty()) throw Error(Errc::invalid_argument, "add: a node needs a name");
  for (const NodeSpec& other : nodes_)
    if (other.name == node.name) throw Error(Errc::invalid_argument, "add: there is a node " + node.name + " already");
  nodes_.push_back(std::move(node));
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

std::uint32_t GraphDraft::check(const GraphDraft* graph, std::uint32_t number) const {
  if (graph != this || number >= nodes_.size())
    throw Error(Errc::invalid_argument, "a node of another graph is used as an input or output of this one");
  return number;
}

void GraphDraft::complete(std::uint32_t output) {
  if (plan_) throw Error(Errc::failed_precondition, "output: the graph has its output already");
  if (output == 0) throw Error(Errc::invalid_argument, "output: the request itself cannot be the response");
  plan_ = std::make_shared<const GraphPlan>(nodes_, output);
}

std::shared_ptr<const GraphPlan> GraphDraft::plan() const {
  if (!plan_) throw Error(Errc::failed_precondition, "the graph has no output yet");
  return plan_;
}

std::string GraphDraft::dump(std::string_view request_type) const {
  std::string out = "digraph lagoon {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n";
  if (request_type != "void")
    out += "  n0 [label=" + quoted(std::string("request\n").append(request_type)) + ", shape=oval];\n";
  const auto chains = segments_of(nodes_);
  for (std::size_t s = 0; s < chains.size(); ++s) {
    const bool boxed = chains[s].size() > 1;
    if (boxed) out += "  subgraph cluster_" + std::to_string(s) + " {\n";
    for (std::uint32_t k : chains[s]) {
      out += (boxed ? "    n" : "  n") + std::to_string(k);
      out += " [label=" + quoted(std::string(nodes_[k].name).append("\n").append(nodes_[k].type));
      out += plan_ && plan_->output() == k ? ", peripheries=2];\n" : "];\n";
    }
    if (boxed) out += "  }\n";
  }
  for (std::size_t k = 1; k < nodes_.size(); ++k)
    for (std::uint32_t input : nodes_[k].inputs)
      out += "  n" + std::to_string(input) + " -> n" + std::to_string(k) + ";\n";
  return out + "}\n";
}

}  // namespace lagoon::detail
