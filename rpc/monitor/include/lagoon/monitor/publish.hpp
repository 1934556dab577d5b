// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lagoon {

/// Where the processes of this user publish: $XDG_RUNTIME_DIR/lagoon, or /tmp/lagoon-<uid>.
std::string publish_folder();

/// Lines of text for other processes of the same user, through a socket in the file system. A reader that does not
/// read, or does not stop asking, costs the others and the writer nothing: nothing here waits.
///
///   Publisher publisher;
///   if (publisher.admit()) publisher.send(json_of(interval));     // at each interval
/// The socket is <folder>/<pid>.<number>.sock, for its owner only; who is another user is turned away. Readers are let
/// in at the next admit(). One that takes nothing for ten lines is dropped, and so is one that comes when sixteen read.
class Publisher {
 public:
  /// Makes the folder, and removes the sockets of dead processes in it.
  ///   throws  permission_denied: the folder belongs to somebody else, or others may enter it; invalid_argument: its
  ///           name is too long for a socket; unavailable: no socket can be made there
  explicit Publisher(const std::string& folder = publish_folder());
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  const std::string& path() const noexcept;
  /// Lets in who has come. Is there anybody?
  bool admit() noexcept;
  /// The line, and a line end, to each reader that has taken the lines before.
  void send(std::string_view line) noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct Published {
  int pid = 0;
  std::string path;
};
/// Who publishes in the folder, by pid. Sockets of dead processes are removed.
///   throws  permission_denied, as Publisher
std::vector<Published> find_published(const std::string& folder = publish_folder());

/// Reads what a process publishes.
class Subscription {
 public:
  /// throws  not_found: nobody publishes there; permission_denied: it is another user's
  explicit Subscription(const std::string& path);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  int descriptor() const noexcept { return descriptor_; }  ///< for poll()
  /// Adds the lines that are complete, without waiting.
  ///   returns  false: the publisher has ended, or its line has no end
  bool read(std::vector<std::string>& lines);

 private:
  int descriptor_ = -1;
  std::string begun_;
};

}  // namespace lagoon
