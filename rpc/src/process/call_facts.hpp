// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lagoon/rpc/remote.hpp>

namespace lagoon::detail {

// Most calls say nothing but which trace they are of: then the call and a small request fit into one line of the ring.
void encode(Encoder& out, const CallFacts& facts);
/// throws  data_loss
CallFacts decode_call_facts(Decoder& in);

}  // namespace lagoon::detail
