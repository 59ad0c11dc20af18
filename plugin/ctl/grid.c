/* SPDX-License-Identifier: MIT */
#include "ctl/grid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 16

void ctl_grid_add(struct ctl_grid *grid, const char *text)
{
	if (grid->count == grid->room) {
		size_t room = grid->room ? 2 * grid->room : 256;
		char **cells = reallocarray(grid->cells, room, sizeof(*cells));

		if (!cells)
			return;
		grid->cells = cells;
		grid->room = room;
	}
	grid->cells[grid->count++] = strdup(text);
}

static const char *cell(const struct ctl_grid *grid, size_t index)
{
	return grid->cells[index] ? grid->cells[index] : "";
}

static void print_cell(const struct ctl_grid *grid, size_t column, int width, const char *text)
{
	bool last = column == grid->width - 1;

	if (!grid->columns[column].right)
		width = last ? 0 : -width;
	printf("%*s%s", width, text, last ? "\n" : "  ");
}

void ctl_grid_print(const struct ctl_grid *grid)
{
	int widths[COLUMNS_MAX] = {};

	for (size_t i = 0; i < grid->width; i++)
		widths[i] = (int)strlen(grid->columns[i].title);
	for (size_t i = 0; i < grid->count; i++) {
		int width = (int)strlen(cell(grid, i)), *widest = &widths[i % grid->width];

		*widest = width > *widest ? width : *widest;
	}
	for (size_t i = 0; i < grid->width; i++)
		print_cell(grid, i, widths[i], grid->columns[i].title);
	for (size_t i = 0; i < grid->count; i++)
		print_cell(grid, i % grid->width, widths[i % grid->width], cell(grid, i));
}

void ctl_grid_free(struct ctl_grid *grid)
{
	for (size_t i = 0; i < grid->count; i++)
		free(grid->cells[i]);
	free(grid->cells);
	*grid = (struct ctl_grid){};
}
