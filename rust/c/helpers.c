// SPDX-License-Identifier: GPL-2.0
/* The few lines that only C can say: inline functions, module parameters, MODULE_VERSION. */

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/memcontrol.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/percpu-refcount.h>
#include <linux/sched.h>
#include <linux/psi_types.h>
#include <linux/sched/clock.h>
#include <linux/sched/loadavg.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <uapi/linux/sched/types.h>

#include <asm/cpufeature.h>

#include "helpers.h"

static unsigned int disks = 1;
module_param(disks, uint, 0444);
MODULE_PARM_DESC(disks, "Number of swap disks made at load, /dev/tmem0 and on (default 1; more through /sys/class/tmem-control/hot_add)");

static char *disksize;
module_param(disksize, charp, 0444);
MODULE_PARM_DESC(disksize, "Size of each disk made at load: bytes, or with K, M, G or T (default: the size of RAM; 0: set later through /sys/block/tmemN/disksize)");

MODULE_VERSION(TMEM_VERSION);

void *tmem_page_address(struct page *page)
{
	return page_address(page);
}

u64 tmem_page_owner(struct page *page, unsigned long offset)
{
	return page_cgroup_ino(page + (offset >> PAGE_SHIFT));
}

bool tmem_page_place(struct page *page, unsigned long offset, u64 place[2])
{
	struct folio *folio;

	page += offset >> PAGE_SHIFT;
	folio = page_folio(page);
	if (!folio_test_anon(folio) || folio_test_ksm(folio))
		return false;
	place[0] = (unsigned long)folio->mapping;
	place[1] = folio->index + folio_page_idx(folio, page);
	return true;
}

void tmem_bio_set_dev(struct bio *bio, struct block_device *bdev)
{
	bio_set_dev(bio, bdev);
}

unsigned int tmem_bdev_block_size(struct block_device *bdev)
{
	return bdev_logical_block_size(bdev);
}

void tmem_queue_get(struct request_queue *queue)
{
	percpu_ref_get(&queue->q_usage_counter);
}

void tmem_queue_put(struct request_queue *queue)
{
	percpu_ref_put(&queue->q_usage_counter);
}

void *tmem_reserve_create(int reserve, size_t size)
{
	return mempool_create_kmalloc_pool(reserve, size);
}

void *tmem_reserve_take(void *pool)
{
	return mempool_alloc(pool, GFP_NOIO);
}

void tmem_reserve_give(void *pool, void *piece)
{
	mempool_free(piece, pool);
}

void tmem_reserve_destroy(void *pool)
{
	mempool_destroy(pool);
}

unsigned long tmem_total_pages(void)
{
	return totalram_pages();
}

void tmem_add_reclaimable(long pages)
{
	/* The sum over the nodes is what anybody looks at. */
	mod_node_page_state(NODE_DATA(first_online_node), NR_KERNEL_MISC_RECLAIMABLE, pages);
}

u64 tmem_local_clock(void)
{
	return local_clock();
}

unsigned int tmem_online_cpus(void)
{
	return num_online_cpus();
}

bool tmem_has_sse42(void)
{
	return boot_cpu_has(X86_FEATURE_XMM4_2);
}

bool tmem_in_reclaim(void)
{
	return current->flags & PF_MEMALLOC;
}

u64 tmem_current_cgroup(void)
{
	u64 inode;

	rcu_read_lock();
	inode = cgroup_ino(mem_cgroup_from_task(current)->css.cgroup);
	rcu_read_unlock();
	return inode;
}

static u64 smallest_memory_max(struct mem_cgroup *memcg)
{
	unsigned long pages = PAGE_COUNTER_MAX;

	for (; memcg; memcg = parent_mem_cgroup(memcg))
		pages = min(pages, READ_ONCE(memcg->memory.max));
	return pages == PAGE_COUNTER_MAX ? U64_MAX : (u64)pages << PAGE_SHIFT;
}

/*
 * As cpu.pressure has it: all tasks wait when the cgroup is at its cpu.max. The average is worked out every two
 * seconds, and stands still, high or low, while nothing wants to run.
 */
static u32 stalled_percent(struct cgroup *cgroup)
{
#ifdef CONFIG_PSI
	/* The root's is not to be had here. */
	struct psi_group *psi = cgroup_parent(cgroup) ? cgroup->psi : NULL;

	if (psi && sched_clock() - READ_ONCE(psi->avg_last_update) < 5 * NSEC_PER_SEC)
		return LOAD_INT(READ_ONCE(psi->avg[PSI_CPU_FULL][0]));
#endif
	return 0;
}

int tmem_cgroup_look(u64 inode, struct tmem_cgroup *seen)
{
	struct cgroup *cgroup = cgroup_get_from_id(inode);
	struct cgroup_subsys_state *css;

	if (IS_ERR(cgroup))
		return PTR_ERR(cgroup);
	seen->parent = cgroup_parent(cgroup) ? cgroup_ino(cgroup_parent(cgroup)) : 0;
	css = cgroup_get_e_css(cgroup, &memory_cgrp_subsys);
	seen->memory_max = smallest_memory_max(mem_cgroup_from_css(css));
	css_put(css);
	seen->stalled = stalled_percent(cgroup);
	cgroup_put(cgroup);
	return 0;
}

void tmem_bio_charge(struct bio *bio, u64 inode)
{
#ifdef CONFIG_BLK_CGROUP
	struct cgroup *cgroup = cgroup_get_from_id(inode);
	struct cgroup_subsys_state *css;

	if (IS_ERR(cgroup))
		return;
	css = cgroup_get_e_css(cgroup, &io_cgrp_subsys);
	bio_associate_blkg_from_css(bio, css);
	css_put(css);
	cgroup_put(cgroup);
#endif
}

int tmem_cgroup_path(u64 inode, char *path, size_t size)
{
	struct cgroup *cgroup = cgroup_get_from_id(inode);
	int length;

	if (IS_ERR(cgroup))
		return PTR_ERR(cgroup);
	length = cgroup_path(cgroup, path, size);
	cgroup_put(cgroup);
	return min(length, 0);
}

int tmem_cgroup_named(const char *path, u64 *inode)
{
	struct cgroup *cgroup = cgroup_get_from_path(path);

	if (IS_ERR(cgroup))
		return PTR_ERR(cgroup);
	*inode = cgroup_ino(cgroup);
	cgroup_put(cgroup);
	return 0;
}

void tmem_cond_resched(void)
{
	cond_resched();
}

unsigned int tmem_noio_save(void)
{
	return memalloc_noio_save();
}

void tmem_noio_restore(unsigned int flags)
{
	memalloc_noio_restore(flags);
}

gfp_t tmem_arena_gfp(void)
{
	return GFP_NOIO | __GFP_NORETRY | __GFP_NOWARN | __GFP_HIGHMEM | __GFP_MOVABLE;
}

static void *zstd_alloc(void *taken, size_t size)
{
	void *memory = kvmalloc(size, GFP_NOIO | __GFP_NORETRY | __GFP_NOWARN);

	if (memory && taken)
		*(size_t *)taken += size;
	return memory;
}

/* zstd keeps the first argument, which is none of its business then. */
static void zstd_free(void *taken, void *memory)
{
	kvfree(memory);
}

zstd_cdict *tmem_zstd_cdict(const void *bytes, size_t size, const zstd_compression_parameters *parameters)
{
	zstd_custom_mem memory = { .customAlloc = zstd_alloc, .customFree = zstd_free };

	return zstd_create_cdict_byreference(bytes, size, *parameters, memory);
}

zstd_ddict *tmem_zstd_ddict(const void *bytes, size_t size, size_t *taken)
{
	zstd_custom_mem memory = { .customAlloc = zstd_alloc, .customFree = zstd_free, .opaque = taken };

	return zstd_create_ddict_byreference(bytes, size, memory);
}

struct task_struct *tmem_thread_run(int (*main)(void *data), void *data, const char *name, bool idle)
{
	static const struct sched_attr policy = { .size = sizeof(policy), .sched_policy = SCHED_IDLE };
	struct task_struct *task = kthread_create(main, data, "%s", name);

	if (IS_ERR(task))
		return NULL;
	if (idle)
		sched_setattr_nocheck(task, &policy);
	wake_up_process(task);
	return task;
}

void tmem_thread_sleep(unsigned int milliseconds)
{
	set_current_state(TASK_INTERRUPTIBLE);
	if (!kthread_should_stop())
		schedule_timeout(msecs_to_jiffies(milliseconds));
	__set_current_state(TASK_RUNNING);
}

u64 tmem_run_delay(void)
{
#ifdef CONFIG_SCHED_INFO
	return current->sched_info.run_delay;
#else
	return 0;
#endif
}

u64 tmem_run_time(void)
{
	return current->se.sum_exec_runtime;
}

unsigned int tmem_param_disks(void)
{
	return disks;
}

const char *tmem_param_disksize(void)
{
	return disksize;
}

const char *tmem_version(void)
{
	return TMEM_VERSION;
}
