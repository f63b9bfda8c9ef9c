// SPDX-License-Identifier: GPL-2.0
/*
 * A cache of computed pages in /dev/tmem: kept compressed outside this program's memory, and given up when the machine needs the
 * room. What is missing is computed again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tmem.h"

#define PAGES 1000

/* The layout is the same for programs of 32 and of 64 bits. */
_Static_assert(sizeof(struct tmem_version) == 24, "tmem_version");
_Static_assert(sizeof(struct tmem_create) == 32, "tmem_create");
_Static_assert(sizeof(struct tmem_destroy) == 8, "tmem_destroy");
_Static_assert(sizeof(struct tmem_page) == 48, "tmem_page");
_Static_assert(sizeof(struct tmem_operation) == 56, "tmem_operation");
_Static_assert(sizeof(struct tmem_batch) == 24, "tmem_batch");

static void fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

/* What is worth keeping. */
static void compute(unsigned int number, char *page)
{
	int at = 0;

	while (at < TMEM_PAGE_BYTES)
		at += snprintf(page + at, TMEM_PAGE_BYTES - at, "line %d of page %u\n", at, number);
}

static struct tmem_page name(const struct tmem_create *pool, unsigned int number, char *page)
{
	return (struct tmem_page) {
		.pool = pool->pool,
		.object = { 2026 },
		.index = number,
		.page = (__u64)(unsigned long)page,
	};
}

/* All pages in batches of as many as the module takes. */
static void put_all(int tmem, const struct tmem_create *pool, unsigned int most)
{
	static char pages[PAGES][TMEM_PAGE_BYTES];
	static struct tmem_operation operations[PAGES];
	unsigned int number, count;

	for (number = 0; number < PAGES; number++) {
		compute(number, pages[number]);
		operations[number].operation = TMEM_OP_PUT;
		operations[number].target = name(pool, number, pages[number]);
	}
	for (number = 0; number < PAGES; number += count) {
		struct tmem_batch batch = { .operations = (__u64)(unsigned long)&operations[number] };

		count = PAGES - number < most ? PAGES - number : most;
		batch.count = count;
		if (ioctl(tmem, TMEM_IOC_BATCH, &batch))
			fail("TMEM_IOC_BATCH");
	}
}

int main(void)
{
	struct tmem_create pool = { .kind = TMEM_EPHEMERAL };
	char page[TMEM_PAGE_BYTES], wanted[TMEM_PAGE_BYTES];
	unsigned int number, hits = 0;
	struct tmem_version version;
	int tmem = open("/dev/tmem", O_RDWR | O_CLOEXEC);

	if (tmem < 0)
		fail("/dev/tmem");
	if (ioctl(tmem, TMEM_IOC_VERSION, &version))
		fail("TMEM_IOC_VERSION");
	if (version.version < TMEM_UAPI_VERSION || version.page_bytes != TMEM_PAGE_BYTES) {
		fprintf(stderr, "this module is not what I was built for\n");
		return EXIT_FAILURE;
	}
	if (ioctl(tmem, TMEM_IOC_CREATE, &pool))
		fail("TMEM_IOC_CREATE");
	put_all(tmem, &pool, version.most_batched);
	for (number = 0; number < PAGES; number++) {
		struct tmem_page target = name(&pool, number, page);

		compute(number, wanted);
		if (!ioctl(tmem, TMEM_IOC_GET, &target))
			hits++;
		else if (errno == ENOENT)
			compute(number, page);
		else
			fail("TMEM_IOC_GET");
		if (memcmp(page, wanted, sizeof(page))) {
			fprintf(stderr, "page %u is another\n", number);
			return EXIT_FAILURE;
		}
	}
	/* With the last descriptor the pool ends. */
	close(tmem);
	printf("%u of %u pages were still there\n", hits, PAGES);
	return hits ? EXIT_SUCCESS : EXIT_FAILURE;
}
