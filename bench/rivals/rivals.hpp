// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

#include "runner/row.hpp"

// The other side of each row, one file per rival. README.md says how each is set up, and why so.
namespace lagoon::bench::rivals {

// raw_arena_execute.cpp
Side arena_execute();
// raw_arena_enqueue.cpp
Side arena_enqueue();
Side arena_enqueue_in_flight(std::size_t window);
// raw_futex_there_and_back.cpp
Side futexes_on_one_core();
Side futexes_anywhere(std::chrono::microseconds idle);
// raw_futex_wake.cpp
Side futex_wake(std::chrono::microseconds idle);
// raw_flow_graph.cpp
Side flow_graph_chain(std::size_t nodes);
Side flow_graph_fan(std::size_t branches);
// raw_task_group.cpp
Side task_group(std::size_t tasks, double seconds_each);
// raw_parallel_for.cpp
Side parallel_for(std::size_t tasks, double seconds_each);
// raw_pages.cpp
Side retouch(std::size_t bytes);
// pmr_new_delete.cpp
Side pmr_new_delete(std::size_t alignment);
// raw_new_delete.cpp
Side new_delete(std::size_t alignment);
// std_thread.cpp
Side two_threads(std::size_t chunks, double seconds_each);
Side thread_create_and_join();
// busy_threads.cpp
Side sleeper_beside_busy_threads(const std::vector<std::size_t>& busy, std::size_t samples);
// busy_arenas.cpp
Side task_beside_busy_arenas(std::size_t busy, std::size_t samples, std::chrono::milliseconds patience);
// boost_spsc_queue.cpp
Side spsc_queue(std::size_t items, std::size_t capacity);
// tbb_bounded_queue.cpp
Side bounded_queue(std::size_t items, std::size_t capacity);
// read_loop.cpp
void read_all(const void* data, std::size_t bytes);
Side read_loop(const void* data, std::size_t bytes);
// grpc_in_process.cpp
Side grpc_in_process();
// capnp_local.cpp
Side capnp_local();
// other_processes.cpp
Side shared_words();
Side shared_words_cold();
Side open_mpi();
Side zeromq(bool stream);
Side capnp_socket();
Side grpc_socket();

}  // namespace lagoon::bench::rivals
