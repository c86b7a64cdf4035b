/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * disk-fault.c: a disk that fails when a test says so, and that tells what a power cut would leave.
 * Preloaded into a program; it stands between that and one database:
 *
 *   GTALK_DISK_FAULT_STORE    the database's path; its log is beside it with "-wal", and no other
 *                             file is touched
 *   GTALK_DISK_FAULT_SWITCH   a file of one number that the test changes: the errno with which
 *                             everything fails that would write; 0: nothing does
 *   GTALK_DISK_FAULT_RECORD   a file to which each write, truncation and completed flush is
 *                             appended as a DiskFaultRecord (disk-fault.h), and what the program
 *                             says on its standard output between them
 *
 * What was read stays readable whatever the switch says, as on a full or read-only disk. */
#define _GNU_SOURCE
#undef _FILE_OFFSET_BITS /* both families of names are here */

#include "disk-fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t disk_lock = PTHREAD_MUTEX_INITIALIZER;
static int disk_record_fd = -2; /* -1: nothing is recorded */

static DiskFaultFile
disk_find_file(const char *path)
{
	const char *store = getenv("GTALK_DISK_FAULT_STORE");
	size_t length = store != NULL ? strlen(store) : 0;

	if (store == NULL || path == NULL || strncmp(path, store, length) != 0)
		return DISK_FAULT_NONE;
	if (path[length] == '\0')
		return DISK_FAULT_DATABASE;
	return strcmp(path + length, "-wal") == 0 ? DISK_FAULT_LOG : DISK_FAULT_NONE;
}

static DiskFaultFile
disk_find_descriptor(int fd)
{
	char name[64];
	char path[PATH_MAX];
	ssize_t length;

	if (fd == STDOUT_FILENO)
		return DISK_FAULT_OUTPUT;
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	length = readlink(name, path, sizeof path - 1);
	if (length < 0)
		return DISK_FAULT_NONE;
	path[length] = '\0';
	return disk_find_file(path);
}

static int
disk_read_switch(void)
{
	const char *path = getenv("GTALK_DISK_FAULT_SWITCH");
	char text[16] = "";
	int fd = path != NULL ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return 0;
	if (syscall(SYS_read, fd, text, sizeof text - 1) < 0)
		text[0] = '\0';
	close(fd);
	return atoi(text);
}

/* Whether what would write that file fails; errno says how. */
static int
disk_fails(DiskFaultFile file)
{
	int code = file == DISK_FAULT_DATABASE || file == DISK_FAULT_LOG ? disk_read_switch() : 0;

	if (code != 0)
		errno = code;
	return code != 0;
}

/* ---- The record ------------------------------------------------------------------------------ */

static void
disk_open_record(void)
{
	const char *path = getenv("GTALK_DISK_FAULT_RECORD");

	disk_record_fd = -1;
	if (path != NULL)
		disk_record_fd = (int)syscall(SYS_openat, AT_FDCWD, path,
		                              O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* In one write each, so that who is killed leaves nothing by halves. */
static void
disk_record(DiskFaultKind kind, DiskFaultFile file, off_t offset, const void *data, size_t length)
{
	DiskFaultRecord record = {.kind = kind, .file = file, .offset = offset, .length = length};
	size_t size = disk_fault_get_size(length);
	char *text;

	if (file == DISK_FAULT_NONE)
		return;
	pthread_mutex_lock(&disk_lock);
	if (disk_record_fd == -2)
		disk_open_record();
	text = disk_record_fd >= 0 ? calloc(1, size) : NULL;
	if (text != NULL) {
		memcpy(text, &record, sizeof record);
		if (length > 0)
			memcpy(text + sizeof record, data, length);
		if (syscall(SYS_write, disk_record_fd, text, size) < 0)
			abort();
	}
	free(text);
	pthread_mutex_unlock(&disk_lock);
}

/* ---- What is intercepted --------------------------------------------------------------------- */

ssize_t
pwrite64(int fd, const void *data, size_t length, off64_t offset)
{
	DiskFaultFile file = disk_find_descriptor(fd);
	ssize_t written;

	if (disk_fails(file))
		return -1;
	written = syscall(SYS_pwrite64, fd, data, length, offset);
	if (written > 0)
		disk_record(DISK_FAULT_WRITE, file, offset, data, (size_t)written);
	return written;
}

ssize_t
pwrite(int fd, const void *data, size_t length, off_t offset)
{
	return pwrite64(fd, data, length, offset);
}

ssize_t
write(int fd, const void *data, size_t length)
{
	DiskFaultFile file = disk_find_descriptor(fd);
	off_t offset =
		file == DISK_FAULT_NONE || file == DISK_FAULT_OUTPUT ? 0 : lseek(fd, 0, SEEK_CUR);
	ssize_t written;

	if (disk_fails(file))
		return -1;
	written = syscall(SYS_write, fd, data, length);
	if (written > 0)
		disk_record(DISK_FAULT_WRITE, file, offset, data, (size_t)written);
	return written;
}

int
ftruncate64(int fd, off64_t length)
{
	DiskFaultFile file = disk_find_descriptor(fd);
	int result;

	if (disk_fails(file))
		return -1;
	result = (int)syscall(SYS_ftruncate, fd, length);
	if (result == 0)
		disk_record(DISK_FAULT_TRUNCATE, file, length, NULL, 0);
	return result;
}

int
ftruncate(int fd, off_t length)
{
	return ftruncate64(fd, length);
}

static int
disk_flush(long number, int fd)
{
	DiskFaultFile file = disk_find_descriptor(fd);
	int result;

	if (disk_fails(file))
		return -1;
	result = (int)syscall(number, fd);
	if (result == 0)
		disk_record(DISK_FAULT_FLUSH, file, 0, NULL, 0);
	return result;
}

int
fsync(int fd)
{
	return disk_flush(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return disk_flush(SYS_fdatasync, fd);
}

int
fallocate64(int fd, int mode, off64_t offset, off64_t length)
{
	if (disk_fails(disk_find_descriptor(fd)))
		return -1;
	return (int)syscall(SYS_fallocate, fd, mode, offset, length);
}

int
fallocate(int fd, int mode, off_t offset, off_t length)
{
	return fallocate64(fd, mode, offset, length);
}

int
unlink(const char *path)
{
	if (disk_fails(disk_find_file(path)))
		return -1;
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

/* A file that is not there cannot be made; on a read-only disk it cannot be opened to be written
 * either. */
static int
disk_open(const char *path, int flags, mode_t mode)
{
	int writes = (flags & O_ACCMODE) != O_RDONLY;

	if (writes && disk_fails(disk_find_file(path)) &&
	    (errno == EROFS || access(path, F_OK) != 0))
		return -1;
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode = 0;

	va_start(arguments, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(arguments, mode_t);
	va_end(arguments);
	return disk_open(path, flags, mode);
}

int
open(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode = 0;

	va_start(arguments, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(arguments, mode_t);
	va_end(arguments);
	return disk_open(path, flags, mode);
}
