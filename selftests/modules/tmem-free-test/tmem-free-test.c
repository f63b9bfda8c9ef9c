// SPDX-License-Identifier: GPL-2.0
/*
 * Frees pages of a disk as the swap core frees slots: `swap_slot_free_notify` for one after the other, with interrupts off.
 *   insmod tmem-free-test.ko disk=/dev/tmem0 first=0 count=512
 * The time it took, in nanoseconds, is in /sys/module/tmem_free_test/parameters/took then.
 */
#include <linux/blkdev.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/module.h>

static char *disk;
module_param(disk, charp, 0444);
MODULE_PARM_DESC(disk, "the disk's path");

static ulong first;
module_param(first, ulong, 0444);
MODULE_PARM_DESC(first, "the first page that is freed");

static ulong count = 1;
module_param(count, ulong, 0444);
MODULE_PARM_DESC(count, "how many are");

static ulong took;
module_param(took, ulong, 0444);
MODULE_PARM_DESC(took, "nanoseconds that it took");

static void free_slots(struct block_device *bdev)
{
	unsigned long page, flags;
	u64 begin;

	local_irq_save(flags);
	begin = ktime_get_ns();
	for (page = first; page < first + count; page++)
		bdev->bd_disk->fops->swap_slot_free_notify(bdev, page);
	took = ktime_get_ns() - begin;
	local_irq_restore(flags);
}

static int __init start(void)
{
	struct file *file;
	int status = -EOPNOTSUPP;

	if (!disk)
		return -EINVAL;
	file = bdev_file_open_by_path(disk, BLK_OPEN_READ, NULL, NULL);
	if (IS_ERR(file))
		return PTR_ERR(file);
	if (file_bdev(file)->bd_disk->fops->swap_slot_free_notify) {
		free_slots(file_bdev(file));
		status = 0;
	}
	bdev_fput(file);
	return status;
}

static void __exit stop(void)
{
}

module_init(start);
module_exit(stop);
MODULE_DESCRIPTION("Frees swap slots of a disk");
MODULE_LICENSE("GPL");
