// SPDX-License-Identifier: GPL-2.0
/*
 * tmem's contract from kernel context, by what it exports to other modules. The cases run when the module loads; their results are
 * in debugfs, as KTAP in tmem-api-test. As long as it is loaded it holds a pool with a page.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "tmem.h"

#define PAGES 300

static ulong cgroup;
module_param(cgroup, ulong, 0444);
MODULE_PARM_DESC(cgroup, "Inode number of the cgroup whose the page is that stays as long as this is loaded");

static struct page *page;
static struct tmem_pool *held;
static struct dentry *results;

static const struct tmem_handle handle = { { 1, 2, 3 }, 4 };
static const u8 uuid[TMEM_UUID_BYTES] = "tmem-api-test-1";

/* Ends a case. */
#define CHECK(condition)                                                              \
	do {                                                                          \
		if (!(condition)) {                                                   \
			pr_err("%s: line %d: not %s\n", __func__, __LINE__, #condition); \
			return -EPROTO;                                               \
		}                                                                     \
	} while (0)

/* Every other page compresses. */
static u64 word(u64 seed, unsigned int at)
{
	return seed % 2 ? seed * 0x9e3779b97f4a7c15 * (at + 1) : seed + at / 64;
}

static void fill(u64 seed)
{
	u64 *words = page_address(page);
	unsigned int at;

	for (at = 0; at < PAGE_SIZE / sizeof(u64); at++)
		words[at] = word(seed, at);
}

static bool filled(u64 seed)
{
	const u64 *words = page_address(page);
	unsigned int at;

	for (at = 0; at < PAGE_SIZE / sizeof(u64); at++)
		if (words[at] != word(seed, at))
			return false;
	return true;
}

static int put(struct tmem_pool *pool, u64 index, u64 seed)
{
	struct tmem_handle name = { { 1, 2, 3 }, index };

	fill(seed);
	return tmem_put_page(pool, &name, page);
}

static int get(struct tmem_pool *pool, u64 index)
{
	struct tmem_handle name = { { 1, 2, 3 }, index };

	fill(0);
	return tmem_get_page(pool, &name, page);
}

static int persistent(struct tmem_pool *pool)
{
	u64 index;

	for (index = 0; index < PAGES; index++)
		CHECK(put(pool, index << 40, index + 1) == 0);
	for (index = 0; index < PAGES; index++)
		CHECK(get(pool, index << 40) == 0 && filled(index + 1));
	CHECK(get(pool, 0) == 0 && filled(1));
	tmem_flush_object(pool, handle.object);
	CHECK(get(pool, 0) == -ENOENT && filled(0));
	return 0;
}

static int ephemeral(struct tmem_pool *pool)
{
	CHECK(get(pool, 4) == -ENOENT && filled(0));
	CHECK(put(pool, 4, 1) == 0);
	CHECK(put(pool, 4, 2) == 0);
	CHECK(get(pool, 4) == 0 && filled(2));
	CHECK(get(pool, 4) == -ENOENT);
	CHECK(put(pool, 4, 3) == 0);
	tmem_flush_page(pool, &handle);
	tmem_flush_page(pool, &handle);
	CHECK(get(pool, 4) == -ENOENT);
	return 0;
}

static int shared(struct tmem_pool *pool)
{
	struct tmem_pool *again = tmem_pool_create(TMEM_SHARED, uuid);

	CHECK(!IS_ERR(again));
	CHECK(put(pool, 4, 1) == 0);
	CHECK(get(again, 4) == 0 && filled(1));
	CHECK(get(again, 4) == 0 && filled(1));
	tmem_pool_destroy(again);
	CHECK(get(pool, 4) == 0 && filled(1));
	tmem_flush_page(pool, &handle);
	CHECK(get(pool, 4) == -ENOENT);
	return 0;
}

/* Contexts that the header allows. */
static int atomic(struct tmem_pool *pool)
{
	static DEFINE_SPINLOCK(lock);
	int result;

	CHECK(put(pool, 4, 1) == 0);
	fill(0);
	spin_lock(&lock);
	result = tmem_get_page(pool, &handle, page);
	spin_unlock(&lock);
	CHECK(result == 0 && filled(1));
	spin_lock_irq(&lock);
	tmem_flush_page(pool, &handle);
	spin_unlock_irq(&lock);
	CHECK(get(pool, 4) == -ENOENT);
	return 0;
}

static int bad_arguments(struct tmem_pool *pool)
{
	CHECK(tmem_pool_create(3, NULL) == ERR_PTR(-EINVAL));
	CHECK(tmem_pool_create(TMEM_SHARED, NULL) == ERR_PTR(-EINVAL));
	CHECK(tmem_pool_create(TMEM_PERSISTENT, uuid) == ERR_PTR(-EINVAL));
	tmem_pool_destroy(NULL);
	tmem_pool_destroy(ERR_PTR(-ENOMEM));
	return 0;
}

static const struct {
	const char *title;
	u32 kind;
	int (*run)(struct tmem_pool *pool);
} cases[] = {
	{ "persistent pages can be got until they are flushed", TMEM_PERSISTENT, persistent },
	{ "an ephemeral page is got once, the newest", TMEM_EPHEMERAL, ephemeral },
	{ "shared pools of one UUID are one, and a get leaves the page", TMEM_SHARED, shared },
	{ "get under a spinlock, flush with interrupts off", TMEM_PERSISTENT, atomic },
	{ "wrong arguments get an error", TMEM_EPHEMERAL, bad_arguments },
};

static int outcomes[ARRAY_SIZE(cases)];

static int run(unsigned int number)
{
	u32 kind = cases[number].kind;
	struct tmem_pool *pool = tmem_pool_create(kind, kind == TMEM_SHARED ? uuid : NULL);
	int result;

	if (IS_ERR(pool))
		return PTR_ERR(pool);
	result = cases[number].run(pool);
	tmem_pool_destroy(pool);
	return result;
}

static int results_show(struct seq_file *file, void *unused)
{
	unsigned int number;

	seq_puts(file, "KTAP version 1\n");
	seq_printf(file, "1..%zu\n", ARRAY_SIZE(cases));
	for (number = 0; number < ARRAY_SIZE(cases); number++)
		seq_printf(file, "%sok %u - %s\n", outcomes[number] ? "not " : "", number + 1, cases[number].title);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(results);

static int __init tmem_api_test_init(void)
{
	unsigned int number;

	page = alloc_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	for (number = 0; number < ARRAY_SIZE(cases); number++)
		outcomes[number] = run(number);
	held = tmem_pool_create(TMEM_PERSISTENT, NULL);
	if (IS_ERR(held)) {
		__free_page(page);
		return PTR_ERR(held);
	}
	fill(1);
	tmem_put_page_for(held, &handle, page, cgroup);
	results = debugfs_create_file("tmem-api-test", 0400, NULL, NULL, &results_fops);
	return 0;
}
module_init(tmem_api_test_init);

static void __exit tmem_api_test_exit(void)
{
	debugfs_remove(results);
	tmem_pool_destroy(held);
	__free_page(page);
}
module_exit(tmem_api_test_exit);

MODULE_DESCRIPTION("A test of what tmem exports to other modules");
MODULE_LICENSE("GPL");
