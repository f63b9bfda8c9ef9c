/* SPDX-License-Identifier: GPL-2.0 */
/* What Rust cannot call: inline functions, macros and this module's parameters. */
#ifndef TMEM_HELPERS_H
#define TMEM_HELPERS_H

#include <linux/types.h>
#include <linux/zstd.h>

struct bio;
struct block_device;
struct page;
struct request_queue;
struct task_struct;

/* Address of a page's first byte; the page must be in the direct map (64-bit: always). */
void *tmem_page_address(struct page *page);
/* The inode number of the cgroup that owns the page which byte `offset` after `page` is in. */
u64 tmem_page_owner(struct page *page, unsigned long offset);
/*
 * What names an anonymous page for its life: the address of its mapping, and its index there. False for other pages, and for
 * those that KSM has merged.
 */
bool tmem_page_place(struct page *page, unsigned long offset, u64 place[2]);
/* Has the bio go to another disk, on behalf of the same cgroup. */
void tmem_bio_set_dev(struct bio *bio, struct block_device *bdev);
/* Bytes of a block of the disk. */
unsigned int tmem_bdev_block_size(struct block_device *bdev);
/* One more request, and one less, that freezing the queue waits for. The first only within a request. */
void tmem_queue_get(struct request_queue *queue);
void tmem_queue_put(struct request_queue *queue);

/*
 * Pieces of memory of one size, of which `reserve` can be had at any time if each is given back
 * some time; NULL when there is no memory. Taking one may sleep, but waits for no I/O.
 */
void *tmem_reserve_create(int reserve, size_t size);
void *tmem_reserve_take(void *pool);
void tmem_reserve_give(void *pool, void *piece);
void tmem_reserve_destroy(void *pool);

/* Pages of RAM in this machine. */
unsigned long tmem_total_pages(void);
/* NR_KERNEL_MISC_RECLAIMABLE. */
void tmem_add_reclaimable(long pages);
/* Nanoseconds of this CPU's scheduler clock: cheap, any context, for differences only. */
u64 tmem_local_clock(void);
/* CPUs online now. */
unsigned int tmem_online_cpus(void);
/* Whether the CPU has the crc32 instruction. */
bool tmem_has_sse42(void);
/* Whether this task is reclaiming memory, for which the kernel's reserves are open. */
bool tmem_in_reclaim(void);
/* The inode number of the cgroup that pays for this task's memory. */
u64 tmem_current_cgroup(void);
/* What a look at a cgroup says. */
struct tmem_cgroup {
	/* The inode number of the one it is in, or 0. */
	u64 parent;
	/* The smallest memory.max of it and those it is in, in bytes, or U64_MAX. */
	u64 memory_max;
	/* How much of the last seconds none of its tasks got a CPU that wanted one, in percent. */
	u32 stalled;
};
/* -ENOENT when there is no such cgroup any more. May sleep. */
int tmem_cgroup_look(u64 inode, struct tmem_cgroup *seen);
/* Its path from the root, ended by a NUL. May sleep. */
int tmem_cgroup_path(u64 inode, char *path, size_t size);
/* The inode number of the cgroup of that path. May sleep. */
int tmem_cgroup_named(const char *path, u64 *inode);
/* Has a bio of a disk count for that cgroup, or the nearest one it is in whose I/O is controlled. May sleep. */
void tmem_bio_charge(struct bio *bio, u64 inode);
void tmem_cond_resched(void);
/* memalloc_noio_save() and memalloc_noio_restore(). */
unsigned int tmem_noio_save(void);
void tmem_noio_restore(unsigned int flags);
/*
 * GFP_NOIO, and what zsmalloc may use besides. __GFP_NORETRY: GFP_NOIO alone tries until somebody
 * else's allocation calls the OOM killer.
 */
gfp_t tmem_arena_gfp(void);

/*
 * zstd's dictionaries, which refer to the bytes and take memory beside them, if there is some without effort; of one, adds to `taken`
 * how much. May sleep, without I/O. NULL: no memory.
 */
zstd_cdict *tmem_zstd_cdict(const void *bytes, size_t size, const zstd_compression_parameters *parameters);
zstd_ddict *tmem_zstd_ddict(const void *bytes, size_t size, size_t *taken);

/* A kernel thread, of policy SCHED_IDLE if it is to be idle, or NULL. */
struct task_struct *tmem_thread_run(int (*main)(void *data), void *data, const char *name, bool idle);
/* Until the time is over, or somebody wakes or stops this kernel thread. */
void tmem_thread_sleep(unsigned int milliseconds);
/* Nanoseconds that this task waited for a CPU, and that it had one. */
u64 tmem_run_delay(void);
u64 tmem_run_time(void);

unsigned int tmem_param_disks(void);
/* The parameter as written, or NULL when it was not given. */
const char *tmem_param_disksize(void);
const char *tmem_version(void);

#endif
