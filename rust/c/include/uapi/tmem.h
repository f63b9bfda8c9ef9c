/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * tmem.h: pools of pages for programs, through /dev/tmem.
 *
 * A pool keeps copies of whole pages (TMEM_PAGE_BYTES each) under handles: an object of 192 bits and a page number (index) in it.
 * All calls are synchronous.
 *
 *   put           may be refused, always: ENOMEM, or EDQUOT for a limit of this file or user. Then any older page under its
 *                 handle is gone too. Two puts and a get never give the older page.
 *   get           ENOENT: a miss. After one, gets of that handle miss until it is put again. EIO: what was kept is damaged.
 *   flush_page, flush_object, destroy
 *                 free at once. What is not there is no error to the flushes. A page that is put while its object is being
 *                 flushed may go with it.
 *
 *   ephemeral     pages may go at any time. A get that hits takes the page away, even when its copying to the program faults.
 *   persistent    a page whose put was accepted can be got until it is flushed, or put again.
 *   shared        ephemeral, but all pools with the same UUID, in whatever file, are one; a get leaves the page. It ends with the
 *                 last of them.
 *
 * A pool belongs to the open file that created it, as an offset does: all descriptors that dup() or fork() made of it name the
 * same pools, and with the last of them the pools end. Calls may come from any number of threads at once.
 *
 * Every structure is of the same layout for 32-bit and 64-bit programs. Pointers are 64-bit numbers. Reserved fields must be
 * zero, and so must fields that a call does not use: else EINVAL, and nothing is done. A command of another size or number gives
 * ENOTTY. A structure or page that cannot be read or written gives EFAULT; a put that cannot read its page does nothing.
 */
#ifndef _UAPI_TMEM_H
#define _UAPI_TMEM_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Of this header. A module with a higher one still knows all that is here. */
#define TMEM_UAPI_VERSION 1

#define TMEM_PAGE_BYTES 4096
#define TMEM_UUID_BYTES 16

/* struct tmem_create, kind */
#define TMEM_EPHEMERAL 0
#define TMEM_PERSISTENT 1
#define TMEM_SHARED 2

/* struct tmem_operation, operation */
#define TMEM_OP_PUT 0
#define TMEM_OP_GET 1
#define TMEM_OP_FLUSH_PAGE 2
#define TMEM_OP_FLUSH_OBJECT 3

/**
 * struct tmem_version - what this module offers (TMEM_IOC_VERSION)
 * @version:      its TMEM_UAPI_VERSION
 * @page_bytes:   its TMEM_PAGE_BYTES
 * @most_pools:   of one open file, at a time
 * @most_batched: operations of one TMEM_IOC_BATCH
 * @most_objects: of all pools of one open file, at a time
 */
struct tmem_version {
	__u32 version;
	__u32 page_bytes;
	__u32 most_pools;
	__u32 most_batched;
	__u64 most_objects;
};

/**
 * struct tmem_create - a new pool (TMEM_IOC_CREATE)
 * @kind:     TMEM_EPHEMERAL, TMEM_PERSISTENT or TMEM_SHARED
 * @reserved: zero
 * @uuid:     of a shared pool; of others zero
 * @pool:     out: its number, which this open file alone knows. Never 0. A destroyed pool's is not given again before 2^24 others
 *            had its place. In: zero
 * @reserved2: zero
 *
 * EMFILE: the file has as many pools as it may. ENOMEM.
 */
struct tmem_create {
	__u32 kind;
	__u32 reserved;
	__u8 uuid[TMEM_UUID_BYTES];
	__u32 pool;
	__u32 reserved2;
};

/**
 * struct tmem_destroy - the end of a pool and its pages (TMEM_IOC_DESTROY)
 * @pool:     number of a pool of this file; ENXIO if there is none
 * @reserved: zero
 *
 * Calls under way in other threads end as if before it or after it.
 */
struct tmem_destroy {
	__u32 pool;
	__u32 reserved;
};

/**
 * struct tmem_page - what an operation is about (TMEM_IOC_PUT, _GET, _FLUSH_PAGE, _FLUSH_OBJECT)
 * @pool:     number of a pool of this file; ENXIO if there is none
 * @reserved: zero
 * @object:   any 192 bits
 * @index:    any number; of flush_object zero
 * @page:     address of TMEM_PAGE_BYTES bytes, aligned or not, that are read by put and written by get; of the flushes zero
 *
 * Pages are copied before they are kept: a program that writes to one meanwhile gets some mixture kept, and harms nobody.
 */
struct tmem_page {
	__u32 pool;
	__u32 reserved;
	__u64 object[3];
	__u64 index;
	__u64 page;
};

/**
 * struct tmem_operation - one of a batch
 * @operation: TMEM_OP_PUT, _GET, _FLUSH_PAGE or _FLUSH_OBJECT
 * @status:    out: 0, or what the single call would have failed with, as a negative errno. In: anything
 * @target:    what it is about
 */
struct tmem_operation {
	__u32 operation;
	__s32 status;
	struct tmem_page target;
};

/**
 * struct tmem_batch - many operations, one after the other (TMEM_IOC_BATCH)
 * @count:      how many, 0 to the module's most_batched; E2BIG beyond
 * @done:       out: how many were done and have a status. In: zero
 * @operations: address of so many struct tmem_operation
 * @reserved:   zero
 *
 * All operations are read and checked before the first is done: a wrong operation or reserved field in any gives EINVAL and
 * nothing is done, and no status written. Whatever can only be known when an operation's turn comes (its pool, its page, a miss)
 * is its status, and the batch goes on: it succeeds, and done is count. It ends early only when a status cannot be written:
 * EFAULT, and done counts the operations up to and with that one.
 */
struct tmem_batch {
	__u32 count;
	__u32 done;
	__u64 operations;
	__u64 reserved;
};

#define TMEM_IOC_MAGIC 0xBC

#define TMEM_IOC_VERSION _IOR(TMEM_IOC_MAGIC, 0, struct tmem_version)
#define TMEM_IOC_CREATE _IOWR(TMEM_IOC_MAGIC, 1, struct tmem_create)
#define TMEM_IOC_DESTROY _IOW(TMEM_IOC_MAGIC, 2, struct tmem_destroy)
#define TMEM_IOC_PUT _IOW(TMEM_IOC_MAGIC, 3, struct tmem_page)
#define TMEM_IOC_GET _IOW(TMEM_IOC_MAGIC, 4, struct tmem_page)
#define TMEM_IOC_FLUSH_PAGE _IOW(TMEM_IOC_MAGIC, 5, struct tmem_page)
#define TMEM_IOC_FLUSH_OBJECT _IOW(TMEM_IOC_MAGIC, 6, struct tmem_page)
#define TMEM_IOC_BATCH _IOWR(TMEM_IOC_MAGIC, 7, struct tmem_batch)

#endif
