/* SPDX-License-Identifier: MIT */
#include "links/driver_stats.h"
#include "netlink/cleanup.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <stdlib.h>
#include <string.h>

/*
 * The kernel writes as many as the driver has at that moment, without asking
 * how many there is room for: queues may be added between two calls.
 */
#define ROOM(count) (2 * (size_t)(count) + 256)

static int count_stats(struct kidos_rtnl *rtnl, const char *name, uint32_t *count)
{
	union {
		struct ethtool_sset_info info;
		char room[sizeof(struct ethtool_sset_info) + sizeof(uint32_t)];
	} request = { .info = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_STATS } };
	int error = kidos_rtnl_ethtool(rtnl, name, &request);

	if (!error && !request.info.sset_mask)
		error = -EOPNOTSUPP;
	if (!error)
		memcpy(count, request.room + sizeof(request.info), sizeof(*count));
	return error;
}

static int pick(struct kidos_driver_stats *stats, const struct ethtool_gstrings *names,
		const char *driver)
{
	const struct kidos_loss_name *row;
	char name[ETH_GSTRING_LEN + 1] = "";
	bool total[KIDOS_DRIVER_LOSSES] = {};
	size_t kept = 0;

	stats->picked = calloc(names->len, sizeof(*stats->picked));
	if (!stats->picked)
		return -ENOMEM;
	/* Totals first, and once; then the queues of what has none. */
	for (int of_queues = 0; of_queues < 2; of_queues++)
		for (uint32_t i = 0; i < names->len; i++) {
			memcpy(name, names->data + (size_t)i * ETH_GSTRING_LEN, ETH_GSTRING_LEN);
			row = kidos_loss_find(name, driver);
			if (!row || row->total == of_queues || (of_queues && total[row->loss]))
				continue;
			total[row->loss] |= row->total;
			stats->picked[kept++] = (struct kidos_driver_stat){ i, row->loss };
		}
	stats->picked_count = kept;
	return 0;
}

static int read_names(struct kidos_driver_stats *stats, struct kidos_rtnl *rtnl, const char *name,
		      const char *driver, uint32_t count)
{
	_cleanup_free_ struct ethtool_gstrings *names =
		calloc(1, sizeof(*names) + ROOM(count) * ETH_GSTRING_LEN);
	int error = names ? 0 : -ENOMEM;

	kidos_driver_stats_free(stats);
	if (!error) {
		names->cmd = ETHTOOL_GSTRINGS;
		names->string_set = ETH_SS_STATS;
		names->len = count;
		error = kidos_rtnl_ethtool(rtnl, name, names);
	}
	if (!error && names->len == count)
		error = pick(stats, names, driver);
	if (!error)
		stats->count = names->len == count ? count : 0;
	return error;
}

static int read_values(const struct kidos_driver_stats *stats, struct kidos_rtnl *rtnl,
		       const char *name, uint64_t losses[KIDOS_DRIVER_LOSSES])
{
	_cleanup_free_ struct ethtool_stats *values =
		calloc(1, sizeof(*values) + ROOM(stats->count) * sizeof(uint64_t));
	int error = values ? 0 : -ENOMEM;

	if (!error) {
		values->cmd = ETHTOOL_GSTATS;
		values->n_stats = stats->count;
		error = kidos_rtnl_ethtool(rtnl, name, values);
	}
	if (!error && values->n_stats != stats->count)
		error = -EAGAIN;
	for (size_t i = 0; !error && i < stats->picked_count; i++)
		losses[stats->picked[i].loss] += values->data[stats->picked[i].index];
	return error;
}

static int read_all(struct kidos_driver_stats *stats, struct kidos_rtnl *rtnl, const char *name,
		    const char *driver, uint64_t losses[KIDOS_DRIVER_LOSSES])
{
	uint32_t count;
	int error = count_stats(rtnl, name, &count);

	if (!error && count != stats->count)
		error = read_names(stats, rtnl, name, driver, count);
	if (!error && stats->picked_count)
		error = read_values(stats, rtnl, name, losses);
	return error;
}

int kidos_driver_stats_read(struct kidos_driver_stats *stats, struct kidos_rtnl *rtnl,
			    const char name[IF_NAMESIZE], const char *driver,
			    uint64_t losses[KIDOS_DRIVER_LOSSES])
{
	int error = stats->refused ? 0 : read_all(stats, rtnl, name, driver, losses);

	if (error && error != -EAGAIN)
		stats->refused = true;
	return error;
}

void kidos_driver_stats_free(struct kidos_driver_stats *stats)
{
	free(stats->picked);
	*stats = (struct kidos_driver_stats){};
}
