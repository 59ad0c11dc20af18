/* SPDX-License-Identifier: MIT */
/*
 * descriptors.h: how many descriptors kidos needs, and where they lie. Other
 * plugins use select(), which takes those below 1024 alone: kidos leaves them.
 */
#ifndef KIDOS_CORE_DESCRIPTORS_H
#define KIDOS_CORE_DESCRIPTORS_H

/*
 * So many more will be open: raises the soft limit where it is too low. Programs
 * that other plugins start get the limit that was. 0, or -errno with the limit
 * as it was: -EMFILE when the hard limit forbids it.
 */
int kidos_descriptors_plan(unsigned int more);

/* Moves it above 1024 where the limit allows that; returns where it is now. */
int kidos_descriptor_up(int fd);

#endif
