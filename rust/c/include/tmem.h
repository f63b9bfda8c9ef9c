/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tmem.h: pools of pages for other kernel modules. The contract of a pool stands in uapi/tmem.h.
 *
 * A module that calls these depends on tmem, which then cannot be unloaded. It must destroy its pools before it goes.
 *
 * Calls on one pool may come from any number of CPUs at once; none after tmem_pool_destroy() was called, nor while it runs.
 */
#ifndef TMEM_H
#define TMEM_H

#include <linux/types.h>

#include "uapi/tmem.h"

struct page;
struct tmem_pool;

/**
 * struct tmem_handle - a page's name in its pool
 * @object: any 192 bits
 * @index:  the page's number in the object
 */
struct tmem_handle {
	u64 object[3];
	u64 index;
};

/**
 * tmem_pool_create - make a pool, or join a shared one
 * @kind: TMEM_EPHEMERAL, TMEM_PERSISTENT or TMEM_SHARED
 * @uuid: TMEM_UUID_BYTES bytes for a shared pool; NULL for the others
 *
 * Context: Process context. May sleep; allocates with GFP_KERNEL.
 * Return: the pool, or ERR_PTR(): -EINVAL for another kind, or a UUID where none belongs; -ENOMEM.
 */
struct tmem_pool *tmem_pool_create(u32 kind, const u8 *uuid);

/**
 * tmem_pool_destroy - end a pool, and free its pages
 * @pool: what tmem_pool_create() returned; NULL and errors are left alone
 *
 * A shared pool ends with the last who created it.
 *
 * Context: Process context. May sleep, and gives up the CPU when others want it.
 */
void tmem_pool_destroy(struct tmem_pool *pool);

/**
 * tmem_put_page - keep a copy of a page
 * @pool:   the pool
 * @handle: the name it is kept under
 * @page:   what is copied, of order 0 or any one of a folio; it may be written meanwhile, then what is kept is some mixture
 *
 * The cgroup that owns @page is whose copy it is.
 *
 * Context: Process context. May sleep, without I/O or reclaim that would do I/O: it may be called from reclaim.
 * Return: 0, or when it is refused -ENOMEM or -EDQUOT: then any older page under @handle is gone.
 */
int tmem_put_page(struct tmem_pool *pool, const struct tmem_handle *handle, struct page *page);

/**
 * tmem_put_page_for - keep a copy of a page for a cgroup
 * @pool:   the pool
 * @handle: the name it is kept under
 * @page:   what is copied, as by tmem_put_page()
 * @cgroup: whose copy it is, by inode number (cgroup_ino()); 0 for the root's
 *
 * For pages that no cgroup owns, or another one than is to pay: page cache of a block device, for one.
 *
 * Context: As tmem_put_page().
 * Return: As tmem_put_page().
 */
int tmem_put_page_for(struct tmem_pool *pool, const struct tmem_handle *handle, struct page *page, u64 cgroup);

/**
 * tmem_get_page - copy a page back
 * @pool:   the pool
 * @handle: its name
 * @page:   what is written; nobody else may read or write it meanwhile
 *
 * A hit in an ephemeral pool (not a shared one) takes the page away.
 *
 * Context: Any but an interrupt, hard or soft. Does not sleep.
 * Return: 0; -ENOENT for a miss, with @page as it was; -EIO when what was kept is damaged, with @page undefined.
 */
int tmem_get_page(struct tmem_pool *pool, const struct tmem_handle *handle, struct page *page);

/**
 * tmem_flush_page - forget a page, if there is one
 * @pool:   the pool
 * @handle: its name
 *
 * Context: Any but an interrupt, hard or soft; interrupts may be off. Does not sleep.
 */
void tmem_flush_page(struct tmem_pool *pool, const struct tmem_handle *handle);

/**
 * tmem_flush_object - forget all pages of an object
 * @pool:   the pool
 * @object: three numbers
 *
 * Context: Process context. May sleep, and gives up the CPU when others want it.
 */
void tmem_flush_object(struct tmem_pool *pool, const u64 *object);

#endif
