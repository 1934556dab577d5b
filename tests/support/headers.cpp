// SPDX-License-Identifier: Apache-2.0
// Something to compile with the headers that are precompiled for tests.
