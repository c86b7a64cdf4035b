/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * heap-probe: loaded into each measured process by LD_PRELOAD. At SIGURG, which nobody else uses
 * and which is ignored otherwise, the process gives back what it does not use, in all arenas, and
 * writes how many bytes of its heap are in use to the file PID in the folder HEAP_PROBE.
 *
 * The signal only leaves a mark: the work is done where the main thread is about to wait, so
 * nothing of the process is disturbed and the template of the hosts keeps its single thread. */
#define _GNU_SOURCE
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HEAP_PROBE_PATH_MAX 4096

typedef int (*HeapProbePoll)(struct pollfd *fds, nfds_t n_fds, int timeout_ms);

static volatile sig_atomic_t heap_probe_asked;
static HeapProbePoll heap_probe_poll; /* the C library's */

static void
heap_probe_signal_cb(int number)
{
	heap_probe_asked = 1;
}

/* Written under another name first, so that whoever waits for the file finds it whole. */
static void
heap_probe_answer(const char *folder)
{
	char path[HEAP_PROBE_PATH_MAX], whole[HEAP_PROBE_PATH_MAX];
	struct mallinfo2 heap;
	FILE *file;

	snprintf(whole, sizeof whole, "%s/%d", folder, (int)getpid());
	snprintf(path, sizeof path, "%s/.%d", folder, (int)getpid());
	file = fopen(path, "w");
	if (file == NULL)
		return;
	malloc_trim(0);
	heap = mallinfo2();
	fprintf(file, "%zu\n", heap.uordblks + heap.hblkhd);
	fclose(file);
	rename(path, whole);
}

__attribute__((constructor)) static void
heap_probe_start(void)
{
	const struct sigaction action = {.sa_handler = heap_probe_signal_cb};

	heap_probe_poll = (HeapProbePoll)dlsym(RTLD_NEXT, "poll");
	sigaction(SIGURG, &action, NULL);
}

/* The wait that our signal ends begins anew, and nobody notices. */
int
poll(struct pollfd *fds, nfds_t n_fds, int timeout_ms)
{
	const char *folder = getenv("HEAP_PROBE");
	int n_ready;

	do {
		if (heap_probe_asked && folder != NULL && gettid() == getpid()) {
			heap_probe_asked = 0;
			heap_probe_answer(folder);
		}
		n_ready = heap_probe_poll(fds, n_fds, timeout_ms);
	} while (n_ready < 0 && errno == EINTR && heap_probe_asked && gettid() == getpid());
	return n_ready;
}
