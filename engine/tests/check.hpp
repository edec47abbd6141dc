// Checks that count, so that one run shows all that fails.
#pragma once

#include <cstdio>

namespace stripline::testing {

inline int failures = 0;

}  // namespace stripline::testing

#define CHECK(condition)                                                   \
  do {                                                                     \
    if (!(condition)) {                                                    \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      ++stripline::testing::failures;                                      \
    }                                                                      \
  } while (false)
