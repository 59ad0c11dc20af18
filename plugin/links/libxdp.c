/* SPDX-License-Identifier: MIT */
#include "links/libxdp.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define LIBRARY "libxdp.so.1"
#define SYMBOL(name, member)                                \
	{                                                   \
		name, offsetof(struct kidos_libxdp, member) \
	}

static const struct {
	const char *name;
	size_t offset;
} symbols[] = {
	SYMBOL("libxdp_get_error", get_error),
	SYMBOL("libxdp_set_print", set_print),
	SYMBOL("xdp_multiprog__attach_mode", multiprog_attach_mode),
	SYMBOL("xdp_multiprog__close", multiprog_close),
	SYMBOL("xdp_multiprog__get_from_ifindex", multiprog_get_from_ifindex),
	SYMBOL("xdp_multiprog__is_legacy", multiprog_is_legacy),
	SYMBOL("xdp_multiprog__main_prog", multiprog_main_prog),
	SYMBOL("xdp_multiprog__next_prog", multiprog_next_prog),
	SYMBOL("xdp_program__attach", program_attach),
	SYMBOL("xdp_program__close", program_close),
	SYMBOL("xdp_program__create", program_create),
	SYMBOL("xdp_program__detach", program_detach),
	SYMBOL("xdp_program__fd", program_fd),
	SYMBOL("xdp_program__id", program_id),
	SYMBOL("xdp_program__set_run_prio", program_set_run_prio),
	SYMBOL("xsk_socket__create", socket_create),
	SYMBOL("xsk_socket__delete", socket_delete),
	SYMBOL("xsk_socket__fd", socket_fd),
	SYMBOL("xsk_umem__create", umem_create),
	SYMBOL("xsk_umem__delete", umem_delete),
};
_Static_assert(sizeof(symbols) / sizeof(symbols[0]) == sizeof(struct kidos_libxdp) / sizeof(void *),
	       "a row for each member");

/* What was looked up stays for the life of the process, and so does the library. */
static int load(struct kidos_libxdp *libxdp)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL), *symbol;

	for (size_t i = 0; library && i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		symbol = dlsym(library, symbols[i].name);
		if (!symbol) {
			dlclose(library);
			return -1;
		}
		memcpy((char *)libxdp + symbols[i].offset, &symbol, sizeof(symbol));
	}
	return library ? 0 : -1;
}

const struct kidos_libxdp *kidos_libxdp(const char *what, char reason[KIDOS_REASON])
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct kidos_libxdp libxdp;
	static bool loaded;
	const char *error;

	pthread_mutex_lock(&lock);
	if (!loaded)
		loaded = !load(&libxdp);
	if (!loaded) {
		error = dlerror();
		snprintf(reason, KIDOS_REASON, "%s takes the package libxdp1: %s", what,
			 error ? error : LIBRARY " is of another version");
	}
	pthread_mutex_unlock(&lock);
	return loaded ? &libxdp : NULL;
}
