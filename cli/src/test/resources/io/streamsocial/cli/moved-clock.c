/*
 * Moves the wall clock of one process, and no other clock of it: preloaded, it adds the
 * milliseconds that a file holds (8 bytes, of this machine's order) to each reading of
 * CLOCK_REALTIME. The file is mapped, so whoever writes it moves the clock of the running process.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *offset_ms;
static int (*read_clock)(clockid_t, struct timespec *);

__attribute__((constructor)) static void open_clock(void) {
  read_clock = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  const char *path = getenv("MOVED_CLOCK");
  int file = path == NULL ? -1 : open(path, O_RDONLY);
  if (file < 0) {
    return;
  }
  void *mapped = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (mapped != MAP_FAILED) {
    offset_ms = (volatile int64_t *)mapped;
  }
}

int clock_gettime(clockid_t clock, struct timespec *time) {
  if (read_clock == NULL) {
    open_clock();
  }
  int result = read_clock(clock, time);
  if (result == 0 && offset_ms != NULL &&
      (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    int64_t ns = time->tv_sec * INT64_C(1000000000) + time->tv_nsec + *offset_ms * 1000000;
    time->tv_sec = ns / 1000000000;
    time->tv_nsec = ns % 1000000000;
  }
  return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  (void)zone;
  struct timespec now;
  int result = clock_gettime(CLOCK_REALTIME, &now);
  if (result == 0) {
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
  }
  return result;
}

time_t time(time_t *seconds) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (seconds != NULL) {
    *seconds = now.tv_sec;
  }
  return now.tv_sec;
}
