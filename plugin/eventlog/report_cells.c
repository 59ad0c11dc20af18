/* SPDX-License-Identifier: MIT */
#include "eventlog/report_cells.h"
#include "core/flow_key.h"
#include "core/text.h"
#include "eventlog/entry.h"

#include <stdlib.h>
#include <string.h>

struct kidos_section *kidos_report_begin(struct kidos_report *report, const char *name,
					 const char *title,
					 const struct kidos_report_column *columns)
{
	struct kidos_section *section = &report->sections[report->count++];

	*section = (struct kidos_section){ .name = name, .title = title };
	for (; columns[section->width].name; section->width++)
		section->columns[section->width] = columns[section->width];
	return section;
}

static struct kidos_cell *next(struct kidos_report *report)
{
	static struct kidos_cell nowhere;
	struct kidos_section *section = &report->sections[report->count - 1];
	struct kidos_cell *cells = section->cells;

	if (section->count == section->room) {
		section->room = section->room ? 2 * section->room : 64;
		cells = reallocarray(cells, section->room, sizeof(*cells));
		if (!cells) {
			section->room = section->count;
			report->failed = true;
			return &nowhere;
		}
		section->cells = cells;
	}
	cells[section->count] = (struct kidos_cell){};
	return &cells[section->count++];
}

void kidos_report_text(struct kidos_report *report, const char *raw)
{
	char text[4 * KIDOS_LABEL];
	struct kidos_cell *cell = next(report);

	kidos_text_utf8(raw, text, sizeof(text));
	cell->text = strdup(text);
	report->failed |= !cell->text;
}

void kidos_report_number(struct kidos_report *report, uint64_t number)
{
	next(report)->number = number;
}

void kidos_report_real(struct kidos_report *report, double real)
{
	next(report)->real = real;
}

void kidos_report_none(struct kidos_report *report)
{
	next(report)->none = true;
}

void kidos_report_time(struct kidos_report *report, uint64_t time_ns)
{
	if (time_ns)
		kidos_report_number(report, time_ns);
	else
		kidos_report_none(report);
}

void kidos_report_address(struct kidos_report *report, const union kidos_address *address)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[KIDOS_TEXT_ADDRESS];

	kidos_address_text(address, !memcmp(address, mapped, sizeof(mapped)), text);
	kidos_report_text(report, text);
}

void kidos_report_protocol(struct kidos_report *report, unsigned int protocol)
{
	char number[8];

	kidos_report_text(report, kidos_log_protocol(protocol, number));
}

double kidos_report_percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

void kidos_report_sum(struct kidos_report *report, const struct kidos_sum *sum,
		      const struct kidos_sum *all)
{
	kidos_report_number(report, sum->rows);
	kidos_report_number(report, sum->packets);
	kidos_report_number(report, sum->bytes);
	kidos_report_real(report, kidos_report_percent(sum->packets, all->packets));
}
