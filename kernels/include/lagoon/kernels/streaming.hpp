// SPDX-License-Identifier: Apache-2.0
#pragma once

// Everything about series that are watched while they come.
#include <lagoon/kernels/streaming/detector.hpp>
#include <lagoon/kernels/streaming/watcher.hpp>
