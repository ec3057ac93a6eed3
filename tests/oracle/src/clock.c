/* Shows a program another time of day: the wall clock runs as it does, ORACLE_AHEAD seconds ahead. For LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t id, struct timespec *at) {
  static int (*real)(clockid_t, struct timespec *);
  static const char *ahead;
  if (!real) {
    ahead = getenv("ORACLE_AHEAD");
    real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  }
  int done = real(id, at);
  if (!done && ahead && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) at->tv_sec += atoll(ahead);
  return done;
}
