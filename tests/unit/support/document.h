/* SPDX-License-Identifier: MIT */
/* document.h: what describes kidos, against the tables in its code. Paths begin at the checkout. */
#ifndef KIDOS_TEST_DOCUMENT_H
#define KIDOS_TEST_DOCUMENT_H

/* All of it, below 64 KiB; the caller's to free. */
char *document_read(const char *path);

void assert_document_has(const char *path, const char *words);

#endif
