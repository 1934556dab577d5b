// SPDX-License-Identifier: Apache-2.0
#include <lagoon/rpc/endpoint.hpp>

#include <lagoon/rpc/contract.hpp>

#include <string>

namespace lagoon {

std::string_view name(MethodKind kind) noexcept {
  switch (kind) {
    case MethodKind::unary: return "unary";
    case MethodKind::server_stream: return "server stream";
    case MethodKind::client_stream: return "client stream";
    case MethodKind::bidirectional: return "bidirectional";
  }
  return "invalid";
}

namespace detail {

ExclusiveLane::Entry ExclusiveLane::enter(Job* job) noexcept {
  std::lock_guard lock(mutex_);
  if (!busy_) {
    busy_ = true;
    return Entry::granted;
  }
  if (!job) return Entry::waits;
  if (waiting_.size() >= limit_) return Entry::full;
  try {
    waiting_.push_back(job);
  } catch (const std::bad_alloc&) {
    return Entry::full;
  }
  return Entry::waits;
}

Job* ExclusiveLane::evict() noexcept {
  std::lock_guard lock(mutex_);
  if (waiting_.empty()) return nullptr;
  Job* first = waiting_.front();
  waiting_.pop_front();
  return first;
}

Job* ExclusiveLane::release() noexcept {
  std::lock_guard lock(mutex_);
  if (waiting_.empty()) {
    busy_ = false;
    return nullptr;
  }
  Job* next = waiting_.front();  // the lane stays busy for it
  waiting_.pop_front();
  return next;
}

Result<std::size_t> number_of_method(const std::vector<Service>& services, std::string_view contract,
                                     std::string_view method, MethodKind kind, const std::type_info& request,
                                     const std::type_info& response) {
  std::size_t next = 0;
  bool have_service = false;
  for (const Service& service : services) {
    for (const MethodEntry& entry : service.methods()) {
      const std::size_t number = next++;
      if (service.name() != contract) continue;
      have_service = true;
      if (entry.name != method) continue;
      if (entry.kind == kind && *entry.request == request && *entry.response == response) return number;
      return Status(Errc::failed_precondition, std::string(contract) + "." + std::string(method) +
                                                   ": the service declares it as " + std::string(name(entry.kind)) +
                                                   " with other types than the caller");
    }
  }
  return Status(Errc::unimplemented, have_service ? std::string(contract) + " has no method " + std::string(method)
                                                  : "no service " + std::string(contract) + " is served here");
}

Status message_too_large(const BoundMethod& bound, std::size_t bytes) {
  return Status(Errc::resource_exhausted, "the message has " + std::to_string(bytes) + " bytes, the limit is " +
                                              std::to_string(bound.max_message))
      .with_executed(Executed::no);
}

}  // namespace detail

Local::Local(Isolate& isolate, std::vector<Service> services, LocalOptions options)
    : isolate_(isolate.state()), engine_(&isolate.engine()), services_(std::move(services)), options_(options) {
  for (const Service& service : services_) {
    for (const detail::MethodEntry& entry : service.methods()) {
      auto bound = std::make_shared<detail::BoundMethod>();
      bound->entry = &entry;
      bound->isolate = isolate_;
      bound->engine = engine_;
      bound->trace = engine_->trace();
      bound->service = service.name();
      bound->handler = isolate.run([&] { return entry.make_handler(); });
      bound->max_message = options_.max_message;
      bound->call_limit = detail::call_limit_of(*isolate_);
      bound->owner = service.state();
      if (entry.traits.exclusive)
        bound->lane = std::make_unique<detail::ExclusiveLane>(detail::queue_limit_of(*isolate_));
      detail::keep_while_open(*isolate_, bound);  // calls may outlive this endpoint
      methods_.push_back(std::move(bound));
    }
  }
}

Local::~Local() = default;

std::vector<MethodReport> Local::report() const {
  std::vector<MethodReport> all;
  for (const auto& bound : methods_)
    all.push_back({bound->service, bound->entry->name, detail::name_of(*isolate_), bound->metrics.totals()});
  return all;
}

std::shared_ptr<detail::BoundMethod> Local::bind(std::string_view contract, std::string_view method, MethodKind kind,
                                                 const std::type_info& request, const std::type_info& response) {
  const auto number = detail::number_of_method(services_, contract, method, kind, request, response);
  if (number.ok()) return methods_[*number];
  auto bound = std::make_shared<detail::BoundMethod>();
  bound->unknown = number.status().with_executed(Executed::no);
  bound->isolate = isolate_;
  bound->engine = engine_;
  return bound;
}

}  // namespace lagoon
