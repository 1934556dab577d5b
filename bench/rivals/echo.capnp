# SPDX-License-Identifier: Apache-2.0
@0xc2f0d51a7be94d63;

interface Echo {
  answer @0 (value :UInt64) -> (value :UInt64);
}
