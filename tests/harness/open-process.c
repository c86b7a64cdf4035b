/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * open-process: preloaded into a program that locks others out of its /proc entry. It goes without,
 * so that a test that is not root can look at its descriptors. */
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PRCTL_ARGUMENTS 4

int
prctl(int option, ...)
{
	unsigned long values[PRCTL_ARGUMENTS];
	va_list arguments;

	if (option == PR_SET_DUMPABLE)
		return 0;
	va_start(arguments, option);
	for (int i = 0; i < PRCTL_ARGUMENTS; i++)
		values[i] = va_arg(arguments, unsigned long);
	va_end(arguments);
	return (int)syscall(SYS_prctl, option, values[0], values[1], values[2], values[3]);
}
