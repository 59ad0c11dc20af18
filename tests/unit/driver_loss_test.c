/* SPDX-License-Identifier: MIT */
/* Names of ethtool statistics, as drivers have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "links/driver_loss.h"

#define NOTHING KIDOS_DRIVER_LOSSES

static const struct {
	const char *driver, *name;
	enum kidos_driver_loss loss;
	bool total;
} cases[] = {
	{ "veth", "rx_queue_0_xdp_drops", KIDOS_DRIVER_XDP_DROP, false },
	{ "veth", "rx_queue_12_drops", KIDOS_DRIVER_XDP_DROP, false },
	{ "veth", "rx_queue_0_xdp_tx_errors", KIDOS_DRIVER_XDP_ERROR, false },
	{ "veth", "rx_queue_0_xdp_packets", NOTHING, false },
	{ "veth", "tx_queue_0_xdp_xmit_errors", NOTHING, false },
	{ "virtio_net", "rx_queue_3_xdp_drops", KIDOS_DRIVER_XDP_DROP, false },
	{ "virtio_net", "rx0_xdp_drops", KIDOS_DRIVER_XDP_DROP, false },
	{ "virtio_net", "rx_xdp_drops", KIDOS_DRIVER_XDP_DROP, true },
	/* Those of XDP are among them. */
	{ "virtio_net", "rx_queue_0_drops", NOTHING, false },
	{ "virtio_net", "rx0_drops", NOTHING, false },
	{ "mlx5_core", "rx_xdp_drop", KIDOS_DRIVER_XDP_DROP, true },
	{ "mlx5_core", "rx31_xdp_drop", KIDOS_DRIVER_XDP_DROP, false },
	{ "mvneta", "rx_xdp_tx_errors", KIDOS_DRIVER_XDP_ERROR, true },
	{ "hv_netvsc", "rx_queue_7_xdp_drop", KIDOS_DRIVER_XDP_DROP, false },
	{ "ena", "queue_1_rx_xdp_drop", KIDOS_DRIVER_XDP_DROP, false },
	{ "mana", "rx_5_xdp_drop", KIDOS_DRIVER_XDP_DROP, false },
	{ "gve", "rx_xdp_drop[2]", KIDOS_DRIVER_XDP_DROP, false },
	{ "fsl_enetc", "Rx ring  0 XDP drops", KIDOS_DRIVER_XDP_DROP, false },
	{ "fsl_enetc", "Tx ring  0 XDP drops", NOTHING, false },
	{ "sfc", "rx_xdp_bad_drops", KIDOS_DRIVER_XDP_ERROR, true },
	{ "", "rx_queue__xdp_drops", NOTHING, false },
	{ "", "rx_queue_1_xdp_drops_more", NOTHING, false },
	{ "", "rx_queue_", NOTHING, false },
	{ "", "", NOTHING, false },
};

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct kidos_loss_name *row = kidos_loss_find(cases[i].name, cases[i].driver);

		print_message("# %s: %s\n", cases[i].driver, cases[i].name);
		assert_int_equal(row ? row->loss : NOTHING, cases[i].loss);
		if (row)
			assert_int_equal(row->total, cases[i].total);
	}
}

/* As compilers name them; what is dropped in sending is on no account XDP's. */
static void test_traced(void **state)
{
	(void)state;
	assert_true(kidos_loss_is_traced("veth"));
	assert_false(kidos_loss_is_traced("virtio_net"));
	assert_true(kidos_loss_traced_at("veth_xdp_rcv_skb"));
	assert_true(kidos_loss_traced_at("veth_xdp_rcv.constprop.0"));
	assert_true(kidos_loss_traced_at("veth_poll"));
	assert_false(kidos_loss_traced_at("veth_xmit"));
	assert_false(kidos_loss_traced_at("0xffffffff81000000"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_traced),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("driver_loss", tests, NULL, NULL);
}
