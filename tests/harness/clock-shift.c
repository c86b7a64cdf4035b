/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * clock-shift.c: a clock that is wrong by as much as a test says, and put right or wrong while a
 * program runs. Preloaded into it and what it starts; GTALK_CLOCK_SHIFT names a file of one number
 * of the machine (64 bits): the seconds that the time of day is ahead. Monotonic clocks go on. */
#define _GNU_SOURCE

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *clock_shift_s;

__attribute__((constructor)) static void
clock_open(void)
{
	const char *path = getenv("GTALK_CLOCK_SHIFT");
	int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *page = NULL;

	if (fd < 0)
		return;
	page = mmap(NULL, sizeof *clock_shift_s, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (page != MAP_FAILED)
		clock_shift_s = page;
}

static time_t
clock_get_shift(void)
{
	return clock_shift_s != NULL ? (time_t)*clock_shift_s : 0;
}

int
clock_gettime(clockid_t which, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, which, now);

	if (result == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
		now->tv_sec += clock_get_shift();
	return result;
}

int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec exact;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &exact);
	now->tv_sec = exact.tv_sec;
	now->tv_usec = exact.tv_nsec / 1000;
	return 0;
}

time_t
time(time_t *place)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (place != NULL)
		*place = now.tv_sec;
	return now.tv_sec;
}
