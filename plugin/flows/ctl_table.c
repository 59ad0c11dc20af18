/* SPDX-License-Identifier: MIT */
#include "flows/ctl_table.h"
#include "core/community_id.h"
#include "core/flow_key.h"
#include "core/names.h"
#include "core/text.h"
#include "ctl/resolve.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CELL (CTL_LABEL + 16) /* the longest: a label, or a name with its port */

/* When a column is there; all bits must hold. */
enum shown {
	ALWAYS = 0,
	OF_FLOWS = 1 << 0,
	OF_GROUPS = 1 << 1,
	WITH_RATES = 1 << 2,
};

static void cell_interface(const struct ctl_flow_table *table, const struct kidos_flow_row *row,
			   char cell[CELL])
{
	ctl_label(table->state, kidos_key_slot(&row->view.key), cell);
}

static void cell_direction(const struct ctl_flow_table *table, const struct kidos_flow_row *row,
			   char cell[CELL])
{
	(void)table;
	snprintf(cell, CELL, "%s", kidos_direction_names[kidos_key_direction(&row->view.key)]);
}

/* ICMP has type/code and the identifier of an echo where others have ports. */
static void cell_protocol(const struct ctl_flow_table *table, const struct kidos_flow_row *row,
			  char cell[CELL])
{
	const struct kidos_flow_key *key = &row->view.key;
	char number[8];
	int length =
		snprintf(cell, CELL, "%s", kidos_protocol_name(kidos_key_protocol(key), number));

	(void)table;
	if (kidos_key_is_icmp(key))
		length += snprintf(cell + length, (size_t)(CELL - length), " %u/%u",
				   key->dport >> 8, key->dport & 0xff);
	if (kidos_key_is_icmp(key) && key->sport)
		snprintf(cell + length, (size_t)(CELL - length), " id %u", key->sport);
}

static void address_cell(const struct ctl_flow_table *table, const union kidos_address *address,
			 bool ipv4, char name[CTL_NAME])
{
	if (table->resolve)
		ctl_resolve(address, ipv4, name);
	else
		kidos_address_text(address, ipv4, name);
}

static void end_cell(const struct ctl_flow_table *table, const struct kidos_flow_key *key,
		     const union kidos_address *address, unsigned int port, char cell[CELL])
{
	char name[CTL_NAME];

	address_cell(table, address, kidos_key_is_ipv4(key), name);
	if (!kidos_key_has_ports(key))
		snprintf(cell, CELL, "%s", name);
	else if (strchr(name, ':'))
		snprintf(cell, CELL, "[%s]:%u", name, port);
	else
		snprintf(cell, CELL, "%s:%u", name, port);
}

static void cell_source(const struct ctl_flow_table *table, const struct kidos_flow_row *row,
			char cell[CELL])
{
	end_cell(table, &row->view.key, &row->view.key.src, row->view.key.sport, cell);
}

static void cell_destination(const struct ctl_flow_table *table, const struct kidos_flow_row *row,
			     char cell[CELL])
{
	end_cell(table, &row->view.key, &row->view.key.dst, row->view.key.dport, cell);
}

static void cell_vlan(const struct ctl_flow_table *table, const struct kidos_flow_row *row,
		      char cell[CELL])
{
	unsigned int vlan = kidos_key_vlan(&row->view.key);

	(void)table;
	snprintf(cell, CELL, vlan ? "%u" : "-", vlan);
}

static void cell_group(const struct ctl_flow_table *table, const struct kidos_flow_row *row,
		       char cell[CELL])
{
	const struct kidos_flow_key *key = &row->view.key;
	char text[KIDOS_TEXT_GROUP];

	switch (table->grouping->by) {
	case KIDOS_GROUP_INTERFACE:
		cell_interface(table, row, cell);
		return;
	case KIDOS_GROUP_SRC:
	case KIDOS_GROUP_DST:
	case KIDOS_GROUP_HOST:
		address_cell(table, &key->src, kidos_key_is_ipv4(key), cell);
		return;
	default:
		kidos_flow_group_text(table->grouping, key, text);
		snprintf(cell, CELL, "%s", text);
	}
}

static void cell_flows(const struct ctl_flow_table *table, const struct kidos_flow_row *row,
		       char cell[CELL])
{
	(void)table;
	snprintf(cell, CELL, "%" PRIu64, row->flows);
}

static void cell_packets(const struct ctl_flow_table *table, const struct kidos_flow_row *row,
			 char cell[CELL])
{
	(void)table;
	snprintf(cell, CELL, "%" PRIu64, row->view.packets);
}

static void cell_bytes(const struct ctl_flow_table *table, const struct kidos_flow_row *row,
		       char cell[CELL])
{
	(void)table;
	snprintf(cell, CELL, "%" PRIu64, row->view.bytes);
}

static void rate_cell(const struct ctl_flow_table *table, uint64_t count, char cell[CELL])
{
	char text[16];

	kidos_text_scaled(table->seconds > 0 ? (double)count / table->seconds : 0, false, text);
	snprintf(cell, CELL, "%s", text);
}

static void cell_packet_rate(const struct ctl_flow_table *table, const struct kidos_flow_row *row,
			     char cell[CELL])
{
	rate_cell(table, row->new_packets, cell);
}

static void cell_bit_rate(const struct ctl_flow_table *table, const struct kidos_flow_row *row,
			  char cell[CELL])
{
	rate_cell(table, 8 * row->new_bytes, cell);
}

static void cell_first(const struct ctl_flow_table *table, const struct kidos_flow_row *row,
		       char cell[CELL])
{
	(void)table;
	kidos_text_local(row->view.first_ns, cell);
}

static void cell_last(const struct ctl_flow_table *table, const struct kidos_flow_row *row,
		      char cell[CELL])
{
	(void)table;
	kidos_text_local(row->view.last_ns, cell);
}

/* Letters as tcpdump has them, from the lowest bit: FIN SYN RST PSH ACK URG ECE CWR. */
static void cell_flags(const struct ctl_flow_table *table, const struct kidos_flow_row *row,
		       char cell[CELL])
{
	static const char letters[] = "FSRPAUEW";

	(void)table;
	for (unsigned int i = 0; i < 8; i++)
		if (row->view.tcp_flags & 1u << i)
			*cell++ = letters[i];
	strcpy(cell, row->view.tcp_flags ? "" : "-");
}

static void cell_community_id(const struct ctl_flow_table *table, const struct kidos_flow_row *row,
			      char cell[CELL])
{
	(void)table;
	kidos_community_id(&row->view.key, cell);
}

static const struct column {
	const char *title;
	bool right;
	unsigned int shown; /* enum shown */
	void (*cell)(const struct ctl_flow_table *table, const struct kidos_flow_row *row,
		     char cell[CELL]);
} columns[] = {
	{ "INTERFACE", false, OF_FLOWS, cell_interface },
	{ "DIR", false, OF_FLOWS, cell_direction },
	{ "PROTO", false, OF_FLOWS, cell_protocol },
	{ "SOURCE", false, OF_FLOWS, cell_source },
	{ "DESTINATION", false, OF_FLOWS, cell_destination },
	{ "VLAN", true, OF_FLOWS, cell_vlan },
	{ "GROUP", false, OF_GROUPS, cell_group },
	{ "FLOWS", true, OF_GROUPS, cell_flows },
	{ "PACKETS", true, ALWAYS, cell_packets },
	{ "BYTES", true, ALWAYS, cell_bytes },
	{ "PACKETS/S", true, WITH_RATES, cell_packet_rate },
	{ "BIT/S", true, WITH_RATES, cell_bit_rate },
	{ "FIRST", false, ALWAYS, cell_first },
	{ "LAST", false, ALWAYS, cell_last },
	{ "FLAGS", false, OF_FLOWS, cell_flags },
	{ "COMMUNITY ID", false, OF_FLOWS, cell_community_id },
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static bool grouped(const struct ctl_flow_table *table)
{
	return table->grouping && table->grouping->by != KIDOS_GROUP_NONE;
}

static bool is_shown(const struct ctl_flow_table *table, const struct column *column)
{
	unsigned int has =
		(grouped(table) ? OF_GROUPS : OF_FLOWS) | (table->rates ? WITH_RATES : ALWAYS);

	return (column->shown & has) == column->shown;
}

static const char *fill(const struct ctl_flow_table *table, const struct column *column,
			const struct kidos_flow_row *row, char cell[CELL])
{
	if (!row)
		return column->title;
	column->cell(table, row, cell);
	return cell;
}

/* A row, or the titles when it is NULL. */
static void print_row(const struct ctl_flow_table *table, const struct kidos_flow_row *row,
		      const int widths[COLUMNS])
{
	char cell[CELL];

	for (size_t i = 0; i < COLUMNS; i++) {
		const struct column *column = &columns[i];
		bool last = i == COLUMNS - 1 || (grouped(table) && column->cell == cell_last);

		if (!is_shown(table, column))
			continue;
		printf("%*s%s",
		       last            ? 0
		       : column->right ? widths[i]
				       : -widths[i],
		       fill(table, column, row, cell), last ? "\n" : "  ");
	}
}

void ctl_flow_table_print(const struct ctl_flow_table *table, const struct kidos_flow_top *top)
{
	int widths[COLUMNS] = {};
	char cell[CELL];

	for (size_t i = 0; i < COLUMNS; i++) {
		widths[i] = (int)strlen(columns[i].title);
		/* The last column of flows needs no width, and costs a hash. */
		for (size_t row = 0;
		     is_shown(table, &columns[i]) && i < COLUMNS - 1 && row < top->count; row++) {
			int width = (int)strlen(fill(table, &columns[i], &top->rows[row], cell));

			widths[i] = width > widths[i] ? width : widths[i];
		}
	}
	print_row(table, NULL, widths);
	for (size_t row = 0; row < top->count; row++)
		print_row(table, &top->rows[row], widths);
}
