/* SPDX-License-Identifier: MIT */
/* libxdp.h: what kidos calls of libxdp, which is loaded when XdpShare or a mirror port first needs
 * it. */
#ifndef KIDOS_LINKS_LIBXDP_H
#define KIDOS_LINKS_LIBXDP_H

#include "core/config.h"

#include <bpf/libbpf.h>
#include <xdp/libxdp.h>
#include <xdp/xsk.h>

/* Each member is libxdp's function of that name. */
struct kidos_libxdp {
	__typeof__(&libxdp_get_error) get_error;
	__typeof__(&libxdp_set_print) set_print;
	__typeof__(&xdp_multiprog__attach_mode) multiprog_attach_mode;
	__typeof__(&xdp_multiprog__close) multiprog_close;
	__typeof__(&xdp_multiprog__get_from_ifindex) multiprog_get_from_ifindex;
	__typeof__(&xdp_multiprog__is_legacy) multiprog_is_legacy;
	__typeof__(&xdp_multiprog__main_prog) multiprog_main_prog;
	__typeof__(&xdp_multiprog__next_prog) multiprog_next_prog;
	__typeof__(&xdp_program__attach) program_attach;
	__typeof__(&xdp_program__close) program_close;
	__typeof__(&xdp_program__create) program_create;
	__typeof__(&xdp_program__detach) program_detach;
	__typeof__(&xdp_program__fd) program_fd;
	__typeof__(&xdp_program__id) program_id;
	__typeof__(&xdp_program__set_run_prio) program_set_run_prio;
	__typeof__(&xsk_socket__create) socket_create;
	__typeof__(&xsk_socket__delete) socket_delete;
	__typeof__(&xsk_socket__fd) socket_fd;
	__typeof__(&xsk_umem__create) umem_create;
	__typeof__(&xsk_umem__delete) umem_delete;
};

/* NULL with a reason, which names the package, where there is no libxdp. what: takes it. Any
 * thread. */
const struct kidos_libxdp *kidos_libxdp(const char *what, char reason[KIDOS_REASON]);

#endif
