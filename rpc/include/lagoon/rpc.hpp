// SPDX-License-Identifier: Apache-2.0
#pragma once

// Contracts, services and callers: typed calls that run on an isolate.
#include <lagoon/engine/engine.hpp>
#include <lagoon/engine/isolate.hpp>
#include <lagoon/rpc/caller.hpp>
#include <lagoon/rpc/context.hpp>
#include <lagoon/rpc/contract.hpp>
#include <lagoon/rpc/endpoint.hpp>
#include <lagoon/rpc/hedge.hpp>
#include <lagoon/rpc/pool.hpp>
#include <lagoon/rpc/reply.hpp>
#include <lagoon/rpc/retry.hpp>
#include <lagoon/rpc/serve.hpp>
#include <lagoon/rpc/serve_graph.hpp>
#include <lagoon/rpc/stream.hpp>
