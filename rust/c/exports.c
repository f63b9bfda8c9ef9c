// SPDX-License-Identifier: GPL-2.0
/* What other modules can call (include/tmem.h): Rust cannot export symbols of its own. */

#include <linux/memcontrol.h>
#include <linux/module.h>

#include "exports.h"

struct tmem_pool *tmem_pool_create(u32 kind, const u8 *uuid)
{
	return tmem_rust_pool_create(kind, uuid);
}
EXPORT_SYMBOL_GPL(tmem_pool_create);

void tmem_pool_destroy(struct tmem_pool *pool)
{
	if (!IS_ERR_OR_NULL(pool))
		tmem_rust_pool_destroy(pool);
}
EXPORT_SYMBOL_GPL(tmem_pool_destroy);

int tmem_put_page(struct tmem_pool *pool, const struct tmem_handle *handle, struct page *page)
{
	return tmem_rust_put_page(pool, handle, page, page_cgroup_ino(page));
}
EXPORT_SYMBOL_GPL(tmem_put_page);

int tmem_put_page_for(struct tmem_pool *pool, const struct tmem_handle *handle, struct page *page, u64 cgroup)
{
	return tmem_rust_put_page(pool, handle, page, cgroup);
}
EXPORT_SYMBOL_GPL(tmem_put_page_for);

int tmem_get_page(struct tmem_pool *pool, const struct tmem_handle *handle, struct page *page)
{
	return tmem_rust_get_page(pool, handle, page);
}
EXPORT_SYMBOL_GPL(tmem_get_page);

void tmem_flush_page(struct tmem_pool *pool, const struct tmem_handle *handle)
{
	tmem_rust_flush_page(pool, handle);
}
EXPORT_SYMBOL_GPL(tmem_flush_page);

void tmem_flush_object(struct tmem_pool *pool, const u64 *object)
{
	tmem_rust_flush_object(pool, object);
}
EXPORT_SYMBOL_GPL(tmem_flush_object);
