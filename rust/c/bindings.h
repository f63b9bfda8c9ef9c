/* SPDX-License-Identifier: GPL-2.0 */
/* What bindgen reads: the C interfaces that kernel::bindings does not carry. */
#include <linux/blkdev.h>
#include <linux/crc32c.h>
#include <linux/sched/stat.h>
#include <linux/version.h>
#include <linux/zsmalloc.h>
#include <linux/zstd.h>

#include "exports.h"
#include "helpers.h"

/* How far a bio's first vector is done, in bytes: renamed in 7.3. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 3, 0)
static const u32 TMEM_BVEC_ITER_OFFSET = offsetof(struct bvec_iter, bi_offset);
#else
static const u32 TMEM_BVEC_ITER_OFFSET = offsetof(struct bvec_iter, bi_bvec_done);
#endif

/* bindgen drops macros with casts; these keep their values. */
static const u32 TMEM_BLK_FEAT_STABLE_WRITES = (__force u32)BLK_FEAT_STABLE_WRITES;
static const u32 TMEM_BLK_FEAT_SYNCHRONOUS = (__force u32)BLK_FEAT_SYNCHRONOUS;
static const u8 TMEM_BLK_STS_IOERR = (__force u8)BLK_STS_IOERR;
static const u8 TMEM_BLK_STS_NOSPC = (__force u8)BLK_STS_NOSPC;
static const u8 TMEM_BLK_STS_NOTSUPP = (__force u8)BLK_STS_NOTSUPP;
static const u32 TMEM_REQ_OP_MASK = (__force u32)REQ_OP_MASK;
static const u32 TMEM_REQ_BACKGROUND = (__force u32)REQ_BACKGROUND;
static const u32 TMEM_REQ_SWAP = (__force u32)REQ_SWAP;
static const u32 TMEM_COMMAND_VERSION = TMEM_IOC_VERSION;
static const u32 TMEM_COMMAND_CREATE = TMEM_IOC_CREATE;
static const u32 TMEM_COMMAND_DESTROY = TMEM_IOC_DESTROY;
static const u32 TMEM_COMMAND_PUT = TMEM_IOC_PUT;
static const u32 TMEM_COMMAND_GET = TMEM_IOC_GET;
static const u32 TMEM_COMMAND_FLUSH_PAGE = TMEM_IOC_FLUSH_PAGE;
static const u32 TMEM_COMMAND_FLUSH_OBJECT = TMEM_IOC_FLUSH_OBJECT;
static const u32 TMEM_COMMAND_BATCH = TMEM_IOC_BATCH;
