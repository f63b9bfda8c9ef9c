/* SPDX-License-Identifier: GPL-2.0 */
/* The Rust side of exports.c (rust/ffi/exports.rs). */
#ifndef TMEM_EXPORTS_H
#define TMEM_EXPORTS_H

#include "include/tmem.h"

struct tmem_pool *tmem_rust_pool_create(u32 kind, const u8 *uuid);
void tmem_rust_pool_destroy(struct tmem_pool *pool);
int tmem_rust_put_page(struct tmem_pool *pool, const struct tmem_handle *handle, struct page *page, u64 cgroup);
int tmem_rust_get_page(struct tmem_pool *pool, const struct tmem_handle *handle, struct page *page);
void tmem_rust_flush_page(struct tmem_pool *pool, const struct tmem_handle *handle);
void tmem_rust_flush_object(struct tmem_pool *pool, const u64 *object);

#endif
