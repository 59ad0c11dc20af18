/* SPDX-License-Identifier: MIT */
#ifndef KN_TRUST_H
#define KN_TRUST_H

/* Files and directories that nobody else may have planted or may change. Every open refuses a
 * symbolic link in the last place, every directory is held by descriptor from then on.
 */
#include "netlink/err.h"

#include <stddef.h>

/* Reads a whole regular file of at most 1 MiB, NUL-terminated. As root: owned by root, writable by
 * nobody else. The caller frees *text.
 */
int kn_trust_read(const char *path, char **text, size_t *len, struct kn_err *err);

/* Opens the directory path, made with mode if it is missing (its parent too) and mode is not 0; it
 * must belong to us and be writable by nobody else. Returns a descriptor.
 */
int kn_trust_dir(const char *path, unsigned int mode, struct kn_err *err);

/* Reads a file of any size below a trusted directory; -ENOENT without a text if there is none. */
int kn_trust_read_at(int dir, const char *name, char **text, size_t *len, struct kn_err *err);

/* Replaces name by text: written beside it, synced, renamed, the directory synced. */
int kn_trust_write_at(int dir, const char *name, const char *text, struct kn_err *err);

#endif
