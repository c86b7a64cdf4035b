/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * disk-fault.h: what disk-fault.c writes down, in the order in which it happened. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum {
	DISK_FAULT_NONE,
	DISK_FAULT_DATABASE,
	DISK_FAULT_LOG,
	DISK_FAULT_OUTPUT, /* the program's standard output: what it says it has stored */
} DiskFaultFile;

typedef enum {
	DISK_FAULT_WRITE, /* at offset: length octets, which follow, filled up to a record's size */
	DISK_FAULT_TRUNCATE, /* to offset */
	DISK_FAULT_FLUSH,    /* all before it is durable */
} DiskFaultKind;

typedef struct {
	uint32_t kind;
	uint32_t file;
	uint64_t offset;
	uint64_t length;
} DiskFaultRecord;

/* Records stand behind each other as an array's would: each is as well aligned as the first. */
static inline size_t
disk_fault_get_size(uint64_t length)
{
	const size_t unit = sizeof(DiskFaultRecord);

	return unit + (length + unit - 1) / unit * unit;
}
