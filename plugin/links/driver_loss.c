/* SPDX-License-Identifier: MIT */
#include "links/driver_loss.h"

#include <ctype.h>
#include <string.h>

const char *const kidos_driver_loss_names[KIDOS_DRIVER_LOSSES] = {
	[KIDOS_DRIVER_RX_MISSED] = "driver_rx_missed",
	[KIDOS_DRIVER_RX_OVER] = "driver_rx_over",
	[KIDOS_DRIVER_XDP_DROP] = "driver_xdp_drop",
	[KIDOS_DRIVER_XDP_ERROR] = "driver_xdp_error",
};

#define DROP KIDOS_DRIVER_XDP_DROP
#define ERROR KIDOS_DRIVER_XDP_ERROR

/* Of drivers in 5.10 to 6.18; where one has totals and queues, the total stands for both. */
const struct kidos_loss_name kidos_loss_names[] = {
	{ "rx_xdp_drop", DROP, true, NULL }, /* mlx4, mlx5, mvneta, mvpp2 */
	{ "rx_xdp_drops", DROP, true, NULL }, /* virtio_net (totals of late), sfc */
	{ "rx_queue_#_xdp_drops", DROP, false, NULL }, /* veth, virtio_net (earlier) */
	{ "rx#_xdp_drops", DROP, false, NULL }, /* virtio_net */
	{ "rx#_xdp_drop", DROP, false, NULL }, /* mlx4, mlx5 */
	{ "rx_queue_#_xdp_drop", DROP, false, NULL }, /* hv_netvsc */
	{ "queue_#_rx_xdp_drop", DROP, false, NULL }, /* ena */
	{ "rx_#_xdp_drop", DROP, false, NULL }, /* mana */
	{ "rx_xdp_drop[#]", DROP, false, NULL }, /* gve */
	{ "Rx ring # XDP drops", DROP, false, NULL }, /* enetc */
	/* Frames without room for a packet; and so are skbs, which are traced there too. */
	{ "rx_queue_#_drops", DROP, false, "veth" },
	{ "rx_xdp_tx_errors", ERROR, true, NULL }, /* mvneta, mvpp2 */
	{ "rx_xdp_bad_drops", ERROR, true, NULL }, /* sfc */
	{ "rx_queue_#_xdp_tx_errors", ERROR, false, NULL }, /* veth */
	{ "queue_#_rx_xdp_aborted", ERROR, false, NULL }, /* ena */
	{ "rx_xdp_aborted[#]", ERROR, false, NULL }, /* gve */
	{ "rx_xdp_tx_errors[#]", ERROR, false, NULL }, /* gve */
	{ "rx_xdp_redirect_errors[#]", ERROR, false, NULL }, /* gve */
};
const size_t kidos_loss_name_count = sizeof(kidos_loss_names) / sizeof(kidos_loss_names[0]);

/* Behind blanks and digits; NULL when there is no digit. */
static const char *skip_number(const char *name)
{
	while (*name == ' ')
		name++;
	if (!isdigit((unsigned char)*name))
		return NULL;
	while (isdigit((unsigned char)*name))
		name++;
	return name;
}

static bool matches(const char *pattern, const char *name)
{
	for (; name && *pattern; pattern++) {
		if (*pattern == '#')
			name = skip_number(name);
		else if (*name++ != *pattern)
			return false;
	}
	return name && !*name;
}

const struct kidos_loss_name *kidos_loss_find(const char *name, const char *driver)
{
	for (size_t i = 0; i < kidos_loss_name_count; i++) {
		const struct kidos_loss_name *row = &kidos_loss_names[i];

		if ((!row->driver || !strcmp(row->driver, driver)) && matches(row->pattern, name))
			return row;
	}
	return NULL;
}

bool kidos_loss_is_traced(const char *driver)
{
	return !strcmp(driver, "veth");
}

/* Compilers put one into the other, and say so behind a dot. */
bool kidos_loss_traced_at(const char *place)
{
	static const char *const functions[] = { "veth_xdp_rcv", "veth_poll" };

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (!strncmp(place, functions[i], strlen(functions[i])))
			return true;
	return false;
}
