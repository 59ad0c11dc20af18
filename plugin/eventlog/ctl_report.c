/* SPDX-License-Identifier: MIT */
#include "eventlog/ctl_report.h"
#include "core/text.h"
#include "ctl/grid.h"
#include "ctl/json_build.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#define CELL 320

/* "-" where there is nothing. */
static void cell_text(const struct kidos_cell *cell, enum kidos_cell_type type, bool local,
		      char text[CELL])
{
	if (cell->none || (type == KIDOS_CELL_TEXT && !cell->text))
		snprintf(text, CELL, "%s", local ? "-" : "");
	else if (type == KIDOS_CELL_TEXT)
		snprintf(text, CELL, "%s", cell->text);
	else if (type == KIDOS_CELL_NUMBER)
		snprintf(text, CELL, "%" PRIu64, cell->number);
	else if (type == KIDOS_CELL_REAL)
		snprintf(text, CELL, local ? "%.2f" : "%.9g", cell->real);
	else if (local)
		kidos_text_local(cell->number, text);
	else
		kidos_text_utc(cell->number, text);
}

static void name_text(const char *name, char text[CELL])
{
	snprintf(text, CELL, "%s", name);
	for (char *at = text; *at; at++)
		if (*at == '_')
			*at = ' ';
}

/* --- text --- */

static void print_single(const struct kidos_section *section)
{
	char name[CELL], text[CELL];

	for (size_t i = 0; i < section->count; i++) {
		name_text(section->columns[i].name, name);
		cell_text(&section->cells[i], section->columns[i].type, true, text);
		printf("  %-24s %s\n", name, text);
	}
}

static void print_table(const struct kidos_section *section)
{
	struct ctl_grid_column columns[KIDOS_REPORT_COLUMNS];
	char names[KIDOS_REPORT_COLUMNS][CELL], text[CELL];
	struct ctl_grid grid = { .columns = columns, .width = section->width };
	size_t cells = section->count;

	if (section->shown && section->shown * section->width < cells)
		cells = section->shown * section->width;
	for (size_t i = 0; i < section->width; i++) {
		name_text(section->columns[i].name, names[i]);
		columns[i] = (struct ctl_grid_column){ names[i], section->columns[i].type !=
									 KIDOS_CELL_TEXT };
	}
	for (size_t i = 0; i < cells; i++) {
		cell_text(&section->cells[i], section->columns[i % section->width].type, true,
			  text);
		ctl_grid_add(&grid, text);
	}
	ctl_grid_print(&grid);
	ctl_grid_free(&grid);
	if (cells < section->count)
		printf("(--json and --csv have more)\n");
}

void ctl_report_text(const struct kidos_report *report)
{
	bool first = true;

	for (size_t i = 0; i < report->count; i++) {
		const struct kidos_section *section = &report->sections[i];

		if (!section->count)
			continue;
		printf("%s%s\n", first ? "" : "\n", section->title);
		first = false;
		if (section->single)
			print_single(section);
		else
			print_table(section);
	}
}

/* --- CSV --- */

static void print_csv(const char *text)
{
	if (!strpbrk(text, ",\"")) {
		fputs(text, stdout);
		return;
	}
	putchar('"');
	for (; *text; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	putchar('"');
}

void ctl_report_csv(const struct kidos_report *report)
{
	char text[CELL];

	puts("section,row,column,value");
	for (size_t i = 0; i < report->count; i++) {
		const struct kidos_section *section = &report->sections[i];

		for (size_t k = 0; k < section->count; k++) {
			const struct kidos_report_column *column =
				&section->columns[k % section->width];

			printf("%s,%zu,%s,", section->name, k / section->width + 1, column->name);
			cell_text(&section->cells[k], column->type, false, text);
			print_csv(text);
			putchar('\n');
		}
	}
}

/* --- JSON --- */

static void add_cell(struct json_object *object, const struct kidos_report_column *column,
		     const struct kidos_cell *cell)
{
	if (cell->none || (column->type == KIDOS_CELL_TEXT && !cell->text))
		json_add_null(object, column->name);
	else if (column->type == KIDOS_CELL_TEXT)
		json_add_text(object, column->name, cell->text);
	else if (column->type == KIDOS_CELL_NUMBER)
		json_add_number(object, column->name, cell->number);
	else if (column->type == KIDOS_CELL_TIME)
		json_add_time(object, column->name, cell->number);
	else
		json_add_fraction(object, column->name, cell->real);
}

static void add_row(struct json_object *object, const struct kidos_section *section, size_t from)
{
	for (size_t i = 0; i < section->width && from + i < section->count; i++)
		add_cell(object, &section->columns[i], &section->cells[from + i]);
}

void json_report_print(const struct kidos_report *report)
{
	struct json_object *all = json_object_new_object();

	for (size_t i = 0; i < report->count; i++) {
		const struct kidos_section *section = &report->sections[i];
		struct json_object *rows, *row;

		if (section->single) {
			add_row(json_add_object(all, section->name), section, 0);
			continue;
		}
		rows = json_add_array(all, section->name);
		for (size_t k = 0; k < section->count; k += section->width) {
			row = json_object_new_object();
			add_row(row, section, k);
			json_object_array_add(rows, row);
		}
	}
	json_finish(all);
}
