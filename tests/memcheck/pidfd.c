/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * pidfd: preloaded into the host template under valgrind, which does not know pidfd_open() (3.19).
 * A pipe stands in, whose other end lives in the child alone: both become readable when it is gone.
 * pidfd_send_signal() fails as valgrind has it: a host that hangs is not killed, and the check
 * fails. */
#define _GNU_SOURCE /* pipe2(), RTLD_NEXT */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SYSCALL_ARGUMENTS 6

static pid_t pidfd_child = -1;
static int pidfd_end = -1;

pid_t
fork(void)
{
	pid_t (*next)(void) = (pid_t(*)(void))dlsym(RTLD_NEXT, "fork");
	int ends[2];

	if (pidfd_end >= 0)
		close(pidfd_end);
	pidfd_end = -1;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	pidfd_child = next();
	if (pidfd_child == 0) {
		close(ends[0]);
		return 0;
	}
	close(ends[1]);
	pidfd_end = ends[0];
	return pidfd_child;
}

long
syscall(long number, ...)
{
	long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	long values[SYSCALL_ARGUMENTS];
	va_list arguments;

	va_start(arguments, number);
	for (int i = 0; i < SYSCALL_ARGUMENTS; i++)
		values[i] = va_arg(arguments, long);
	va_end(arguments);
	if (number == SYS_pidfd_open && pidfd_end >= 0 && (pid_t)values[0] == pidfd_child) {
		int end = pidfd_end;

		pidfd_end = -1;
		return end;
	}
	return next(number, values[0], values[1], values[2], values[3], values[4], values[5]);
}
